// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/module_looks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "pion_tool/chart/svg_elements.hpp"
#include "pion_tool/report/html.hpp"

namespace pion::tool {

std::vector<ModuleLook> looks_of(const std::vector<std::pair<std::string, std::size_t>>& lines) {
  std::vector<ModuleLook> looks;
  std::map<std::string, std::size_t> look_of;
  for (const auto& [module, line] : lines) {
    const std::size_t number = looks.size();
    const auto [look, is_new] = look_of.emplace(module, number);
    if (is_new) {
      looks.push_back({module,
                       number % palette.size(),
                       line_dashes[number / palette.size() % line_dashes.size()],
                       {}});
    }
    looks[look->second].lines.push_back(line);
  }
  return looks;
}

Series line_of(const ModuleLook& look, std::string label, std::string id) {
  Series s;
  s.label = std::move(label);
  s.colour = fmt::format("var(--line-{})", look.colour);
  s.dashes = look.dashes;
  s.width = look.lines.size() > 1 ? 1.2 : 1.8;
  s.id = std::move(id);
  return s;
}

std::string module_boxes(const std::vector<ModuleLook>& looks) {
  std::string out = "<fieldset id=\"modules\"><legend>Modules</legend>\n";
  for (const ModuleLook& look : looks) {
    out += fmt::format(
        "<label><input class=\"live\" type=\"checkbox\" checked=\"\" data-lines=\"{}\"/>"
        "<svg width=\"30\" height=\"10\" aria-hidden=\"true\">{}</svg>{} "
        "<span>({})</span></label>\n",
        fmt::join(look.lines, " "),
        element::line(0, 5, 30, 5,
                      fmt::format("stroke=\"var(--line-{})\" stroke-width=\"2.5\" "
                                  "stroke-dasharray=\"{}\"",
                                  look.colour, look.dashes.empty() ? "none" : look.dashes)),
        html::name(look.module), look.lines.size());
  }
  return out + "</fieldset>\n";
}

}  // namespace pion::tool
