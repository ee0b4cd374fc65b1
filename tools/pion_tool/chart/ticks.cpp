// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/chart/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace pion::tool {
namespace {

double on_scale(const Dimension& d, double value) {
  return d.scale == Scale::linear ? value : std::log10(value);
}

std::vector<double> linear_ticks(const Dimension& d) {
  const double least = (d.hi - d.lo) / 8.0;  // between two marks
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  const double part = least / power;
  const double step = power * (part > 5.0 ? 10.0 : part > 2.0 ? 5.0 : part > 1.0 ? 2.0 : 1.0);
  const double first = std::ceil(d.lo / step - 1e-9);
  const auto count = static_cast<int>(std::floor(d.hi / step + 1e-9) - first) + 1;
  std::vector<double> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(std::clamp((first + i) * step, d.lo, d.hi));  // rounding may lead beyond an end
  }
  return out;
}

std::vector<double> logarithmic_ticks(const Dimension& d) {
  const double decades = std::log10(d.hi) - std::log10(d.lo);
  const auto every = static_cast<int>(std::ceil(decades / 8.0));
  const auto last = static_cast<int>(std::floor(std::log10(d.hi) + 1e-9));
  std::vector<double> out;
  for (auto k = static_cast<int>(std::floor(std::log10(d.lo))); k <= last; k += every) {
    for (const double part : {1.0, 2.0, 5.0}) {
      if (part > 1.0 && decades > 3.5) continue;
      const double t = part * std::pow(10.0, k);
      if (d.lo * (1.0 - 1e-9) <= t && t <= d.hi * (1.0 + 1e-9)) out.push_back(t);
    }
  }
  return out;
}

}  // namespace

void require_sound(const Dimension& d) {
  const double lo = on_scale(d, d.lo);
  const double hi = on_scale(d, d.hi);
  if (std::isfinite(lo) && std::isfinite(hi) && lo < hi && std::isfinite(d.hi - d.lo)) return;
  throw std::invalid_argument(
      fmt::format("the axis \"{}\" cannot go from {} to {}", d.label, d.lo, d.hi));
}

double position(const Dimension& d, double value) {
  const double lo = on_scale(d, d.lo);
  return (on_scale(d, value) - lo) / (on_scale(d, d.hi) - lo);
}

std::vector<double> ticks(const Dimension& d) {
  require_sound(d);
  return d.scale == Scale::linear ? linear_ticks(d) : logarithmic_ticks(d);
}

}  // namespace pion::tool
