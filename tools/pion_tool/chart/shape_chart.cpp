// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/chart/shape_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <pion/filter/filter.hpp>
#include <pion/filter/shape.hpp>
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

namespace {

/// The axis of the gains, with some room about what the series take.
void fit_gains(Chart& chart) {
  for (const Series& s : chart.series) {
    const auto [lo, hi] = std::minmax_element(s.y.begin(), s.y.end());
    chart.y.lo = std::min(chart.y.lo, *lo);
    chart.y.hi = std::max(chart.y.hi, *hi);
  }
  const double room = 0.03 * (chart.y.hi - chart.y.lo);
  chart.y.lo -= room;
  chart.y.hi += room;
}

}  // namespace

Chart comparison(const std::vector<NamedChain>& chains, bool logarithmic) {
  constexpr double least = 0.005;
  Chart chart{"filters side by side",
              {"σ, a singular value over its normaliser", logarithmic ? least : 0.0, 1.0,
               logarithmic ? Scale::logarithmic : Scale::linear},
              {"gain f(σ)", 0.0, 1.0},
              {}};
  for (std::size_t i = 0; i < chains.size(); ++i) {
    Series s{chains[i].name, curves_of(chains[i].chain).sigma, {}};
    if (logarithmic) {
      for (int k = 0; k <= 1000; ++k) s.x.push_back(std::pow(least, 1.0 - k / 1000.0));
      std::sort(s.x.begin(), s.x.end());
      s.x.erase(s.x.begin(), std::lower_bound(s.x.begin(), s.x.end(), least));
    }
    for (const double x : s.x) s.y.push_back(chains[i].chain(x));
    const double depth = static_cast<double>(i) / static_cast<double>(chains.size());
    s.colour = chains.size() <= palette.size() ? palette[i] : shade(depth);
    s.width = 2.0;
    chart.series.push_back(std::move(s));
  }
  fit_gains(chart);
  return chart;
}

Chart picture(const NamedChain& chain, const Curves& c) {
  Chart chart{chain.name + ", step by step",
              {"σ, a singular value over its normaliser", 0.0, 1.0},
              {"gain f(σ)", 0.0, 1.0},
              {}};
  const std::size_t steps = c.after.size() - 1;
  chart.series.push_back({"f(σ) = σ", c.sigma, c.sigma, "#888888", 1.4, "6 4"});
  for (std::size_t t = 1; t < steps; ++t) {
    const double depth = static_cast<double>(t) / static_cast<double>(steps);
    chart.series.push_back({fmt::format("after step {}", t), c.sigma, c.after[t], shade(depth)});
  }
  chart.series.push_back(
      {fmt::format("f, after step {}", steps), c.sigma, c.after[steps], palette[1], 2.8});
  fit_gains(chart);
  if (const auto at = cutoff(chain.chain)) {
    chart.markers.push_back({true, *at, fmt::format("cutoff {:.4f}", *at)});
  }
  return chart;
}

}  // namespace pion::tool
