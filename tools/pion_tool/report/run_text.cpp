// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/run_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "pion_tool/report/run_measures.hpp"
#include "pion_tool/report/table.hpp"

namespace pion::tool {
namespace {

Json to_json(const std::optional<io::Measured>& value) {
  if (!value) return {};
  if (value->low == value->high) return value->low;
  return Json::array({value->low, value->high});
}

Json to_json(const std::vector<double>& norms) {
  Json list = Json::array();
  for (const double norm : norms) list.push_back(std::isfinite(norm) ? Json(norm) : Json());
  return norms.empty() ? Json() : list;
}

}  // namespace

std::string run_text(const io::Run& run) {
  const std::vector<RunLayer> layers = layers_of(run);
  std::string out;
  for (const RunMeasure& measure : run_measures(run)) {
    Table table("lrrrrr", {measure.title, "records", "first", "last", "min", "max"});
    for (const RunLayer& layer : layers) {
      const std::optional<Course> course = course_of(layer, measure);
      if (!course) continue;
      std::vector<std::string> row = cells_of(*course);
      row.insert(row.begin(), {layer.name, fmt::format("{}", course->count)});
      table.add(row);
    }
    out += table.text() + "\n";
  }
  return out;
}

Json to_json(const io::RunRecord& r) {
  Json survivors = Json::array();
  for (const auto& count : r.survivors) survivors.push_back(to_json(count));
  Json all = {{"step", r.step},
              {"layer", r.layer},
              {"shape", r.shape},
              {"of", r.of},
              {"erank", to_json(r.erank)},
              {"s1", to_json(r.s1)},
              {"survivors", survivors},
              {"snr", or_null(r.snr)},
              {"micro_batches", r.micro_batches},
              {"head_norms", to_json(r.head_norms)},
              {"head_updates", to_json(r.head_updates)},
              {"since", or_null(r.since)}};
  if (!r.problem.empty()) all["problem"] = r.problem;
  return all;
}

}  // namespace pion::tool
