// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/html.hpp"

#include <fmt/format.h>

#include <pion/version.hpp>

#include "pion_tool/chart/svg_elements.hpp"
#include "pion_tool/cli/text.hpp"
#include "pion_tool/report/resources.hpp"

namespace pion::tool::html {

std::string text(std::string_view plain) { return element::escape(printable(plain)); }

std::string name(std::string_view plain) { return "<bdi>" + text(plain) + "</bdi>"; }

std::string section(const char* id, const char* title, const std::string& content) {
  return fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n"
      "{2}</section>\n",
      id, title, content);
}

std::string paragraph(const std::string& plain) { return "<p>" + text(plain) + "</p>\n"; }

std::string scrollable(const std::string& label, const std::string& content) {
  return fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n{}</div>\n", label,
      content);
}

std::string layer_range(std::int64_t least, std::int64_t most) {
  return fmt::format(
      "<fieldset class=\"live\"><legend>Layers</legend>\n"
      "<label>from <input type=\"number\" id=\"from\" min=\"{0}\" max=\"{1}\" "
      "value=\"{0}\"/></label>\n"
      "<label>to <input type=\"number\" id=\"to\" min=\"{0}\" max=\"{1}\" value=\"{1}\"/></label>\n"
      "</fieldset>\n",
      least, most);
}

std::string document(const std::string& title, const Jump& jump, const std::string& sections,
                     std::string_view script) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action "
      "'none'\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
      "<link rel=\"icon\" href=\"data:,\"/>\n<title>{0} through the filters of pion</title>\n"
      "<style>\n{1}</style>\n</head>\n<body>\n"
      "<a class=\"jump\" href=\"#{3}\">{4}</a>\n"
      "<header><h1>{0}</h1><p>through the filters of pion {2}</p></header>\n<main>\n{5}</main>\n"
      "<script>\n{6}</script>\n</body>\n</html>\n",
      text(title), resources::page_css, pion::version, jump.id, jump.text, sections, script);
}

}  // namespace pion::tool::html
