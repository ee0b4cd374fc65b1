// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pion_tool/chart/svg.hpp"
#include "pion_tool/report/html.hpp"
#include "pion_tool/report/model_map.hpp"
#include "pion_tool/report/module_looks.hpp"
#include "pion_tool/report/resources.hpp"
#include "pion_tool/report/spectra_chart.hpp"
#include "pion_tool/report/summary.hpp"
#include "pion_tool/report/tensor_table.hpp"

namespace pion::tool {
namespace {

using html::paragraph;
using html::scrollable;
using html::section;

/// All that the sections look at.
struct Material {
  const Report& report;
  const std::vector<PlacedTensor>& tensors;
  std::vector<Measure> measures;
};

std::string title_of(const Report& r) {
  const std::string models =
      r.files.size() == 1 ? stem_of(r.files[0]) : fmt::format("{} models", r.files.size());
  return r.minus.empty() ? models : fmt::format("{} minus {}", models, stem_of(r.minus));
}

std::string link_to(const PlacedTensor& t, std::size_t number) {
  return fmt::format("<a href=\"#{}\">{}</a>", row_id(number),
                     html::name(short_name(t.finding->info.name)));
}

/// The tensors as links; of many, the rest folds.
std::string links(const std::vector<PlacedTensor>& tensors,
                  const std::vector<std::size_t>& numbers) {
  constexpr std::size_t shown = 6;
  std::string out;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) out += ", ";
    if (i == shown) {
      out += fmt::format("<details><summary>{} more</summary>\n", numbers.size() - shown);
    }
    out += link_to(tensors[numbers[i]], numbers[i]);
  }
  return numbers.size() > shown ? out + "</details>" : out;
}

std::string summary_section(const Material& m) {
  std::string out;
  if (!m.report.minus.empty()) {
    out = paragraph(fmt::format(
        "Each tensor is what it became since {}: the difference of the two.", m.report.minus));
  }
  for (const std::string& text : summary(m.report.files, m.tensors, m.measures)) {
    out += paragraph(text);
  }
  return section("summary", "Summary", out);
}

/// Matrices that were measured, and whose names have no layer.
std::vector<std::size_t> beside_the_map(const std::vector<PlacedTensor>& tensors) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].finding->measured() && !on_map(tensors[i])) out.push_back(i);
  }
  return out;
}

std::string map_figure(const ModelMap& map) {
  const std::string id = "map-" + map.key;
  const std::string picture =
      svg(map.map, in_page,
          fmt::format("role=\"group\" aria-labelledby=\"{0}-title\" aria-describedby=\"{0}-words\"",
                      id));
  return fmt::format(
      "<figure id=\"{0}\">\n<figcaption><h3 id=\"{0}-title\">{1}</h3> <p>{2} "
      "<span id=\"{0}-words\">{3}</span></p></figcaption>\n{4}</figure>\n",
      id, html::text(map.title), html::text(map.meaning), html::text(map.words),
      scrollable("Heat map: " + html::text(map.title), picture));
}

std::string map_section(const Material& m) {
  std::string out;
  if (std::any_of(m.tensors.begin(), m.tensors.end(), on_map)) {
    const std::vector<ModelMap> maps = model_maps(m.tensors, m.measures);
    out +=
        "<p class=\"live\">Arrow keys go from cell to cell, Enter to a cell's row in the "
        "table.</p>\n"
        "<fieldset class=\"live\" id=\"choose-map\"><legend>Show</legend>\n";
    for (const ModelMap& map : maps) {
      out +=
          fmt::format("<label><input type=\"radio\" name=\"map\" value=\"{}\"{}/>{}</label>\n",
                      map.key, &map == maps.data() ? " checked=\"\"" : "", html::text(map.title));
    }
    out += "</fieldset>\n";
    for (const ModelMap& map : maps) out += map_figure(map);
  } else {
    out += paragraph("There is no map: no measured matrix has the number of a layer in its name.");
  }
  const std::vector<std::size_t> beside = beside_the_map(m.tensors);
  if (!beside.empty()) {
    out += "<div>Measured, but in no layer: " + links(m.tensors, beside) + ".</div>\n";
  }
  return section("map", "Layer by layer", out);
}

/// The range of layers whose spectra are drawn.
std::string layer_range(const std::vector<PlacedTensor>& tensors) {
  std::vector<std::int64_t> layers;
  for (const PlacedTensor& t : tensors) {
    if (t.place.layer && t.finding->spectrum) layers.push_back(*t.place.layer);
  }
  if (layers.empty()) return "";
  const auto [least, most] = std::minmax_element(layers.begin(), layers.end());
  return html::layer_range(*least, *most);
}

std::string spectra_section(const Material& m) {
  const std::vector<ModuleLook> looks = module_looks(m.tensors);
  if (looks.empty())
    return section("spectra", "Spectra",
                   paragraph("There is none to draw: no exact values were found."));
  const std::string picture = svg(spectra_by_module(m.tensors, looks), in_page,
                                  "id=\"lines\" role=\"img\" aria-labelledby=\"spectra-title\" "
                                  "aria-describedby=\"spectra-words\"");
  return section(
      "spectra", "Spectra",
      "<p id=\"spectra-words\">The singular values of each matrix over its Frobenius norm, the "
      "largest first, and the cutoffs of the high-pass filters: what lies above the line of a kp "
      "is "
      "kept, what lies below is suppressed. A steep line is a matrix of few directions. The table "
      "has each matrix in numbers.</p>\n"
      "<div class=\"beside\">\n" +
          scrollable("Spectra", picture) +
          "<div class=\"controls\">\n<p class=\"live\">"
          "<button type=\"button\" id=\"all-lines\">All</button> "
          "<button type=\"button\" id=\"no-lines\">None</button> "
          "<button type=\"button\" id=\"table-lines\">Those in the table</button></p>\n"
          "<p class=\"live\" role=\"status\" id=\"lines-shown\"></p>\n" +
          layer_range(m.tensors) + module_boxes(looks) + "</div>\n</div>\n");
}

std::string table_section(const Material& m) {
  return section(
      "table", "Table",
      "<form class=\"live\" id=\"filter\">\n"
      "<label>Find <input type=\"search\" id=\"words\" placeholder=\"q_proj noise\"/></label>\n"
      "<label>Optimiser <select id=\"optimiser\"><option value=\"\">any</option>"
      "<option>Pion</option><option>Muon</option><option>AdamW</option><option>none</option>"
      "</select></label>\n"
      "<span role=\"status\" id=\"rows-shown\"></span>\n</form>\n"
      "<p class=\"live\">The titles sort. Every word must be in a row. The boxes switch lines "
      "above.</p>\n" +
          scrollable("Table of tensors", tensor_table(m.report.files, m.tensors, m.measures)));
}

std::string skipped_section(const Material& m) {
  std::string out;
  for (const auto& [file, what] : m.report.warnings) {
    out += paragraph(fmt::format("{}: {}", file, what));
  }
  if (m.report.left_out > 0) {
    out += paragraph(fmt::format("{} tensor{} of the file{} left out as --tensor and --skip say.",
                                 m.report.left_out, m.report.left_out == 1 ? "" : "s",
                                 m.report.files.size() == 1 ? " was" : "s were"));
  }
  const std::vector<Unmeasured> groups = unmeasured(m.tensors);
  if (groups.empty() && out.empty()) out = paragraph("Nothing.");
  if (!groups.empty()) out += "<dl>\n";
  for (const Unmeasured& group : groups) {
    out += fmt::format("<dt{}>{} ({})</dt>\n<dd>{}</dd>\n",
                       group.problem ? " class=\"problem\"" : "", html::text(group.reason),
                       group.tensors.size(), links(m.tensors, group.tensors));
  }
  if (!groups.empty()) out += "</dl>\n";
  return section("skipped", "Not measured, and why", out);
}

std::string words_section(const Material& m) {
  std::string out = "<dl>\n";
  for (const Measure& measure : m.measures) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html::text(measure.title),
                       html::text(measure.meaning));
  }
  return section("numbers", "What the numbers mean", out + "</dl>\n");
}

}  // namespace

std::string page(const Report& report) {
  const std::vector<PlacedTensor> tensors = place_all(report.files, report.findings);
  const Material m{report, tensors, measures(report.gain, tensors)};
  std::string sections;
  for (const auto& part : {summary_section, map_section, spectra_section, table_section,
                           skipped_section, words_section}) {
    sections += part(m);
  }
  return html::document(title_of(report), {"table", "To the table"}, sections, resources::page_js);
}

}  // namespace pion::tool
