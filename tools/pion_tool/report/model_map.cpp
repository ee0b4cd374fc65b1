// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/model_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "pion_tool/chart/svg.hpp"

namespace pion::tool {
namespace {

/// What lies at one place of the map: the numbers of its tensors.
using Members = std::vector<std::size_t>;

/// The places of the map, filled or not.
struct Grid {
  std::vector<std::string> modules;  // in the order of the file
  std::vector<std::int64_t> layers;
  std::vector<std::vector<Members>> members;  // members[module][layer]
};

Grid grid_of(const std::vector<PlacedTensor>& tensors) {
  Grid g;
  std::map<std::string, std::size_t> row_of;
  std::set<std::int64_t> layers;
  for (const PlacedTensor& t : tensors) {
    if (!on_map(t)) continue;
    layers.insert(*t.place.layer);
    if (row_of.emplace(t.place.module, g.modules.size()).second) {
      g.modules.push_back(t.place.module);
    }
  }
  g.layers.assign(layers.begin(), layers.end());
  g.members.assign(g.modules.size(), std::vector<Members>(g.layers.size()));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Place& place = tensors[i].place;
    if (!on_map(tensors[i])) continue;
    const auto column = std::lower_bound(g.layers.begin(), g.layers.end(), *place.layer);
    g.members[row_of[place.module]][static_cast<std::size_t>(column - g.layers.begin())].push_back(
        i);
  }
  return g;
}

HeatMap empty_map(const Grid& g) {
  HeatMap map{g.modules, {}, "layer"};
  for (const std::int64_t layer : g.layers) map.columns.push_back(fmt::format("{}", layer));
  map.cells.assign(g.modules.size(), std::vector<std::optional<Cell>>(g.layers.size()));
  return map;
}

/// Calls `use` with row, column and members of each place that has some.
template <class Use>
void for_each_place(const Grid& g, const Use& use) {
  for (std::size_t row = 0; row < g.modules.size(); ++row) {
    for (std::size_t column = 0; column < g.layers.size(); ++column) {
      if (!g.members[row][column].empty()) use(row, column, g.members[row][column]);
    }
  }
}

std::string where(const Grid& g, std::size_t row, std::size_t column, const Members& members) {
  const std::string place = fmt::format("layer {}, {}", g.layers[column], g.modules[row]);
  return members.size() == 1 ? place : fmt::format("{}, {} tensors", place, members.size());
}

/// Values of a measure on its scale: 0 for the least, 1 for the greatest. The logarithm of 0
/// directions is taken as that of a half.
class Shades {
 public:
  Shades(Scale scale, double least, double greatest)
      : dimension_{"", at_least(scale, least), at_least(scale, greatest), scale} {}

  double depth(double value) const {
    if (!(dimension_.lo < dimension_.hi)) return 0.5;
    return std::clamp(position(dimension_, at_least(dimension_.scale, value)), 0.0, 1.0);
  }

  /// Five values, evenly spaced on the scale; or the only one.
  std::vector<double> stops() const {
    if (!(dimension_.lo < dimension_.hi)) return {dimension_.lo};
    std::vector<double> out;
    for (int i = 0; i <= 4; ++i) {
      const double part = i / 4.0;
      out.push_back(dimension_.scale == Scale::linear
                        ? dimension_.lo + part * (dimension_.hi - dimension_.lo)
                        : dimension_.lo * std::pow(dimension_.hi / dimension_.lo, part));
    }
    return out;
  }

 private:
  static double at_least(Scale scale, double value) {
    return scale == Scale::linear ? value : std::max(value, 0.5);
  }

  Dimension dimension_;
};

/// A number in a cell: with a point where it is small.
std::string cell_label(double value) {
  if (value >= 9.95 || value == std::round(value)) return fmt::format("{:.0f}", value);
  const std::string text = fmt::format("{:.{}f}", value, value < 0.995 ? 2 : 1);
  return text.substr(text[0] == '0' ? 1 : 0);  // .75
}

ModelMap measure_map(const Grid& g, const std::vector<PlacedTensor>& tensors, const Measure& m) {
  ModelMap out{m.key, m.title, m.meaning, {}, empty_map(g)};
  struct Found {
    double value;
    std::size_t row, column;
    std::string text;
    std::size_t first;
  };
  std::vector<Found> all;
  for_each_place(g, [&](std::size_t row, std::size_t column, const Members& members) {
    std::vector<double> values;
    std::int64_t full = 0;
    for (const std::size_t i : members) {
      const Finding& f = *tensors[i].finding;
      if (const std::optional<double> value = m.value(f)) values.push_back(*value);
      full = f.directions();
    }
    if (values.empty()) return;
    const double value = median(values);
    std::string text =
        fmt::format("{}: {} {}", where(g, row, column, members), m.title, m.text(value));
    if (members.size() > 1) text += " in the middle one";
    if (members.size() == 1 && m.counts_directions) text += fmt::format(" of {}", full);
    all.push_back({value, row, column, std::move(text), members[0]});
  });
  if (all.empty()) return out;
  const auto [least, greatest] = std::minmax_element(
      all.begin(), all.end(), [](const Found& a, const Found& b) { return a.value < b.value; });
  const Shades shades(m.scale, least->value, greatest->value);
  for (const Found& f : all) {
    out.map.cells[f.row][f.column] =
        Cell{shade(shades.depth(f.value)), cell_label(f.value), f.text, "#" + row_id(f.first)};
  }
  for (const double stop : shades.stops()) {
    out.map.keys.push_back({shade(shades.depth(stop)), cell_label(stop)});
  }
  out.words = fmt::format("Least: {}. Most: {}.", least->text, greatest->text);
  return out;
}

/// What a suggestion looks like.
struct CellLook {
  const char* colour;
  std::string label;
};

CellLook look_of(const Suggestion& s) {
  if (!s.optimizer) return {"#ffffff", "?"};
  switch (*s.optimizer) {
    case Optimizer::adamw: return {"#b8b8b8", "A"};
    case Optimizer::muon: return {"#e69f00", "M"};
    case Optimizer::pion: break;
  }
  constexpr std::array<const char*, filters> blues = {"#d6e8f7", "#b5d7f0", "#56b4e9", "#0072b2",
                                                      "#08306b"};
  const auto kp = static_cast<std::size_t>(s.kp.value_or(0));
  return {blues.at(kp), fmt::format("P{}", kp)};
}

ModelMap suggestion_map(const Grid& g, const std::vector<PlacedTensor>& tensors) {
  ModelMap out{"suggestion",
               "suggestion",
               "The optimiser that fits what was measured, and for Pion its kp.",
               {},
               empty_map(g)};
  std::map<std::string, std::pair<CellLook, std::size_t>> kinds;  // and how many cells show them
  for_each_place(g, [&](std::size_t row, std::size_t column, const Members& members) {
    std::map<std::string, Members> by_text;
    for (const std::size_t i : members) {
      by_text[to_string(tensors[i].finding->suggestion)].push_back(i);
    }
    const auto most = std::max_element(
        by_text.begin(), by_text.end(),
        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    const Finding& f = *tensors[most->second[0]].finding;
    const std::string what = f.suggestion.optimizer ? most->first : "none, " + f.suggestion.reason;
    std::string text = fmt::format("{}: {}", where(g, row, column, members), what);
    if (by_text.size() > 1) text += fmt::format(" ({} of them)", most->second.size());
    const CellLook look = look_of(f.suggestion);
    out.map.cells[row][column] =
        Cell{look.colour, look.label, std::move(text), "#" + row_id(members[0])};
    auto& kind = kinds[f.suggestion.optimizer ? most->first : "none"];
    kind.first = look;
    ++kind.second;
  });
  for (const auto& [text, kind] : kinds) {
    const auto& [look, count] = kind;
    out.map.keys.push_back({look.colour, fmt::format("{} {}", look.label, text)});
    out.words += fmt::format("{}{} in {} place{}", out.words.empty() ? "" : ", ", text, count,
                             count == 1 ? "" : "s");
  }
  if (!out.words.empty()) out.words += '.';
  return out;
}

}  // namespace

std::string row_id(std::size_t number) { return fmt::format("t{}", number); }

bool on_map(const PlacedTensor& t) {
  return t.place.layer && t.finding->info.shape.size() == 2 &&
         (t.finding->measured() || !t.finding->info.problem.empty());
}

std::vector<ModelMap> model_maps(const std::vector<PlacedTensor>& tensors,
                                 const std::vector<Measure>& measures) {
  const Grid g = grid_of(tensors);
  std::vector<ModelMap> maps = {suggestion_map(g, tensors)};
  for (const Measure& m : measures) maps.push_back(measure_map(g, tensors, m));
  return maps;
}

}  // namespace pion::tool
