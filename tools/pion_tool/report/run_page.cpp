// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/run_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "pion_tool/report/html.hpp"
#include "pion_tool/report/module_looks.hpp"
#include "pion_tool/report/place.hpp"
#include "pion_tool/report/resources.hpp"
#include "pion_tool/report/run_chart.hpp"
#include "pion_tool/report/run_measures.hpp"

namespace pion::tool {
namespace {

using html::paragraph;
using html::scrollable;
using html::section;

/// All that the sections look at.
struct RunMaterial {
  const io::Run& run;
  std::vector<RunLayer> layers;
  std::vector<RunMeasure> measures;
  std::vector<Place> places;  ///< Of the layers.
};

RunMaterial run_material(const io::Run& run) {
  RunMaterial m{run, layers_of(run), run_measures(run), {}};
  std::vector<std::string_view> names;
  for (const RunLayer& layer : m.layers) names.emplace_back(layer.name);
  m.places = places_of(names);
  return m;
}

std::string plural(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string run_summary(const RunMaterial& m) {
  const std::vector<io::RunRecord>& records = m.run.records;
  std::string out;
  if (records.empty()) {
    out += paragraph("There are no records yet.");
  } else {
    const auto [first, last] = std::minmax_element(
        records.begin(), records.end(),
        [](const io::RunRecord& a, const io::RunRecord& b) { return a.step < b.step; });
    const auto of_momentum = static_cast<std::size_t>(std::count_if(
        records.begin(), records.end(), [](const auto& r) { return r.of == "momentum"; }));
    out += paragraph(fmt::format("{} of {}, from step {} to step {}, measured every {} steps.",
                                 plural(records.size(), "record"), plural(m.layers.size(), "layer"),
                                 first->step, last->step, m.run.every));
    out += paragraph(of_momentum == records.size() ? "Spectra are of the momentum."
                     : of_momentum == 0
                         ? "Spectra are of the gradient."
                         : fmt::format("Spectra are of the momentum in {} of the records, of the "
                                       "gradient in the others.",
                                       of_momentum));
  }
  for (const std::int64_t step : m.run.resumed) {
    out += paragraph(fmt::format("The run went on from step {}.", step));
  }
  return section("summary", "Summary", out);
}

/// First, last, least and largest value of each layer.
std::string numbers_of(const RunMeasure& measure, const RunMaterial& m) {
  std::string out = fmt::format(
      "<table>\n<caption>{}</caption>\n<thead><tr><th scope=\"col\">layer</th>"
      "<th scope=\"col\" class=\"n\">first</th><th scope=\"col\" class=\"n\">last</th>"
      "<th scope=\"col\" class=\"n\">least</th><th scope=\"col\" class=\"n\">largest</th></tr>"
      "</thead>\n<tbody>\n",
      html::text(measure.title));
  for (const RunLayer& layer : m.layers) {
    const std::optional<Course> course = course_of(layer, measure);
    if (!course) continue;
    out += fmt::format("<tr><th scope=\"row\">{}</th>", html::name(short_name(layer.name)));
    for (const std::string& cell : cells_of(*course)) {
      out += fmt::format("<td class=\"n\">{}</td>", cell);
    }
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n";
}

std::string chart_figure(const RunMeasure& measure, const RunMaterial& m,
                         const std::vector<ModuleLook>& looks) {
  const std::string picture =
      svg(run_chart(measure, m.layers, looks, m.run.resumed), in_page,
          fmt::format("class=\"lines\" role=\"img\" aria-labelledby=\"chart-{0}-title\" "
                      "aria-describedby=\"chart-{0}-words\"",
                      measure.key));
  return fmt::format(
      "<figure id=\"chart-{0}\">\n<figcaption><h3 id=\"chart-{0}-title\">{1}</h3> "
      "<p id=\"chart-{0}-words\">{2}</p></figcaption>\n{3}{4}</figure>\n",
      measure.key, html::text(measure.title), html::text(measure.meaning),
      scrollable("Chart: " + html::text(measure.title), picture),
      scrollable("Numbers: " + html::text(measure.title), numbers_of(measure, m)));
}

/// The boxes and fields that switch the lines. A line's layer stands in the list that the script
/// reads.
std::string line_controls(const RunMaterial& m, const std::vector<ModuleLook>& looks) {
  std::string numbers;
  std::vector<std::int64_t> layers;
  for (const Place& place : m.places) {
    numbers += (&place == m.places.data() ? "" : " ") +
               (place.layer ? fmt::format("{}", *place.layer) : std::string("-"));
    if (place.layer) layers.push_back(*place.layer);
  }
  std::string out = fmt::format(
      "<div class=\"controls\" id=\"controls\" data-layers=\"{}\">\n<p class=\"live\">"
      "<button type=\"button\" id=\"all-lines\">All</button> "
      "<button type=\"button\" id=\"no-lines\">None</button></p>\n"
      "<p class=\"live\" role=\"status\" id=\"lines-shown\"></p>\n",
      numbers);
  if (!layers.empty()) {
    const auto [least, most] = std::minmax_element(layers.begin(), layers.end());
    out += html::layer_range(*least, *most);
  }
  return out + module_boxes(looks) + "</div>\n";
}

std::string run_charts(const RunMaterial& m) {
  if (m.measures.empty()) {
    return section("charts", "Over the steps", paragraph("There is nothing to draw."));
  }
  std::vector<std::pair<std::string, std::size_t>> lines;
  for (std::size_t i = 0; i < m.layers.size(); ++i) lines.emplace_back(m.places[i].module, i);
  const std::vector<ModuleLook> looks = looks_of(lines);
  std::string choices = "<fieldset class=\"live\" id=\"choose-chart\"><legend>Show</legend>\n";
  std::string figures;
  for (const RunMeasure& measure : m.measures) {
    choices += fmt::format(
        "<label><input type=\"radio\" name=\"chart\" value=\"{}\"{}/>{}</label>\n", measure.key,
        &measure == m.measures.data() ? " checked=\"\"" : "", html::text(measure.title));
    figures += chart_figure(measure, m, looks);
  }
  return section("charts", "Over the steps",
                 choices + "</fieldset>\n<div class=\"beside\">\n<div>\n" + figures + "</div>\n" +
                     line_controls(m, looks) + "</div>\n");
}

/// What was passed over, and the layers that could not be measured, by the reason.
std::string run_gaps(const RunMaterial& m) {
  std::string out;
  for (const std::string& note : m.run.notes) out += paragraph(note);
  std::map<std::pair<std::string, std::string>, std::size_t> problems;  // of layer and reason
  for (const io::RunRecord& r : m.run.records) {
    if (!r.problem.empty()) ++problems[{r.layer, r.problem}];
  }
  if (problems.empty()) {
    return section("skipped", "Not measured, and why", out.empty() ? paragraph("Nothing.") : out);
  }
  out += "<dl>\n";
  for (const auto& [what, times] : problems) {
    out += fmt::format("<dt class=\"problem\">{}</dt>\n<dd>{} ({})</dd>\n",
                       html::name(short_name(what.first)), html::text(what.second),
                       plural(times, "record"));
  }
  return section("skipped", "Not measured, and why", out + "</dl>\n");
}

}  // namespace

std::string run_page(const std::string& file, const io::Run& run) {
  const RunMaterial m = run_material(run);
  std::string sections;
  for (const auto& part : {run_summary, run_charts, run_gaps}) sections += part(m);
  return html::document(stem_of(file), {"charts", "To the charts"}, sections, resources::run_js);
}

}  // namespace pion::tool
