// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/run_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "pion_tool/report/place.hpp"

namespace pion::tool {
namespace {

/// The least and the largest of some numbers.
struct Limits {
  double lo = std::numeric_limits<double>::infinity();
  double hi = -std::numeric_limits<double>::infinity();

  void add(double value) {
    lo = std::min(lo, value);
    hi = std::max(hi, value);
  }
  bool empty() const { return lo > hi; }
};

void add_records(const RunLayer& layer, const RunMeasure& measure, Series& s) {
  for (const io::RunRecord* r : layer.records) {
    const std::optional<io::Measured> found = measure.read(*r);
    if (!found) continue;
    s.x.push_back(static_cast<double>(r->step));
    s.y.push_back(found->value());
    s.below.push_back(found->low);
    s.above.push_back(found->high);
  }
  if (s.below == s.above) s.below = s.above = {};  // nothing was sketched
  s.points = s.x.size() == 1;                      // which is no line
}

/// The axis of the values, with a little room beyond them.
Dimension axis_of(const RunMeasure& measure, const std::vector<Series>& all) {
  Limits values, positive;
  for (const Series& s : all) {
    for (const auto* ends : {&s.y, &s.below, &s.above}) {
      for (const double y : *ends) {
        values.add(y);
        if (y > 0.0) positive.add(y);
      }
    }
  }
  Dimension axis{measure.title, 0.0, 1.0, measure.scale};
  if (axis.scale == Scale::logarithmic && !positive.empty()) {
    axis.lo = std::max(positive.lo / 1.1, std::numeric_limits<double>::min());
    axis.hi = std::clamp(positive.hi * 1.1, axis.lo * 1.1, std::numeric_limits<double>::max());
    return axis;
  }
  axis.scale = Scale::linear;
  if (values.empty()) return axis;
  const double room = values.hi > values.lo ? 0.05 * (values.hi - values.lo)
                                            : std::max(1.0, 0.05 * std::fabs(values.hi));
  axis.lo = values.lo >= 0.0 ? std::max(0.0, values.lo - room) : values.lo - room;
  axis.hi = values.hi + room;
  return axis;
}

}  // namespace

Chart run_chart(const RunMeasure& measure, const std::vector<RunLayer>& layers,
                const std::vector<ModuleLook>& looks, const std::vector<std::int64_t>& resumed) {
  Chart chart{measure.title, {"step"}, {}, {}};
  chart.legend = false;
  chart.clip = "plot-" + measure.key;
  Limits steps;
  for (const ModuleLook& look : looks) {
    for (const std::size_t i : look.lines) {
      Series s = line_of(look, short_name(layers[i].name), fmt::format("{}-{}", measure.key, i));
      add_records(layers[i], measure, s);
      for (const double x : s.x) steps.add(x);
      if (!s.x.empty()) chart.series.push_back(std::move(s));
    }
  }
  chart.x.lo = steps.empty() ? 0.0 : steps.lo;
  chart.x.hi = steps.empty() || steps.hi <= steps.lo ? chart.x.lo + 1.0 : steps.hi;
  chart.y = axis_of(measure, chart.series);
  for (const std::int64_t step : resumed) {
    chart.markers.push_back({true, static_cast<double>(step), "goes on"});
  }
  return chart;
}

}  // namespace pion::tool
