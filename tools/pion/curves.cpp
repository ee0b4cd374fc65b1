// SPDX-License-Identifier: Apache-2.0
#include "pion/curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <pion/filter.hpp>
#include <pion/laps.hpp>
#include <utility>

namespace pion::tool {

Curves curves_of(const Chain& f) {
  constexpr int pieces = 1000;
  Curves c;
  for (int i = 0; i <= pieces; ++i) c.sigma.push_back(static_cast<double>(i) / pieces);
  for (const Lap& lap : laps(f)) c.sigma.push_back(lap.from);
  std::sort(c.sigma.begin(), c.sigma.end());
  c.sigma.erase(std::unique(c.sigma.begin(), c.sigma.end()), c.sigma.end());
  c.after.push_back(c.sigma);
  for (const OddQuintic& p : f.steps()) {
    std::vector<double> next = c.after.back();
    for (double& x : next) x = p(x);
    c.after.push_back(std::move(next));
  }
  return c;
}

std::string csv(const Curves& c) {
  std::string out = "sigma";
  for (std::size_t t = 1; t < c.after.size(); ++t) out += fmt::format(",f{}", t);
  for (std::size_t i = 0; i < c.sigma.size(); ++i) {
    out += fmt::format("\n{}", c.sigma[i]);
    for (std::size_t t = 1; t < c.after.size(); ++t) out += fmt::format(",{}", c.after[t][i]);
  }
  return out + "\n";
}

Chart picture(const NamedChain& chain, const Curves& c) {
  Chart chart{chain.name + ", step by step",
              {"σ, a singular value over its normaliser", 0.0, 1.0},
              {"gain f(σ)", 0.0, 1.0},
              {}};
  for (const std::vector<double>& after : c.after) {
    const auto [lo, hi] = std::minmax_element(after.begin(), after.end());
    chart.y.lo = std::min(chart.y.lo, *lo);
    chart.y.hi = std::max(chart.y.hi, *hi);
  }
  const double room = 0.03 * (chart.y.hi - chart.y.lo);
  chart.y.lo -= room;
  chart.y.hi += room;

  const std::size_t steps = c.after.size() - 1;
  chart.series.push_back({"f(σ) = σ", c.sigma, c.sigma, "#888888", 1.4, "6 4"});
  for (std::size_t t = 1; t < steps; ++t) {
    const double depth = static_cast<double>(t) / static_cast<double>(steps);
    chart.series.push_back({fmt::format("after step {}", t), c.sigma, c.after[t], shade(depth)});
  }
  chart.series.push_back(
      {fmt::format("f, after step {}", steps), c.sigma, c.after[steps], palette[1], 2.8});
  if (const auto at = cutoff(chain.chain)) {
    chart.markers.push_back({true, *at, fmt::format("cutoff {:.4f}", *at)});
  }
  return chart;
}

}  // namespace pion::tool
