// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <array>
#include <cmath>    // HUGE_VAL, std::fabs, std::isnan
#include <cstddef>  // std::size_t

#include <pion/filter/chain.hpp>

namespace pion::algorithm {

/// Estimates what a chain makes of rounding when it runs on a matrix with singular values in [0,
/// 1]: the error of its result relative to the largest gain, in units of the scalar's epsilon.
///
/// It follows x_k, the value that k steps make of a singular value, and an error e_k of it, for
/// singular values on a grid in [1e-5, 1] and for 0:
///   e_(k+1) = |p'(x_k)| e_k + m_k (|a| + |b| m_k^2 + |c| m_k^4), e_0 = 1,
/// with p = (a, b, c) the next step and m_k the largest |x_k| of the grid: rounding is relative to
/// the whole matrix, not to each singular value. The largest e of the end is the answer. It is the
/// worst case over singular values: a steep chain makes most of those near 0, which a matrix need
/// not have. Rounding that is magnified to the size of the result grows no further in a chain that
/// is bounded, but the estimate does.
///
/// High-pass chains of five steps: 112 at most. Muon's: 2.4e3 for five steps, 6e8 for 15.
/// Cost: some 500 operations a step, no allocation.
inline double rounding_growth(const Chain& f) {
  constexpr std::size_t samples = 34;
  struct Point {
    double x, error;
  };
  std::array<Point, samples> points;
  double sigma = 1.0;
  for (Point& at : points) {
    at = {sigma, 1.0};
    sigma *= 0.6978305848598664;  // 10^(-5/32)
  }
  points.back().x = 0.0;
  const auto largest = [&points](double Point::*member) {
    double most = 0.0;
    for (const Point& at : points) {
      const double value = std::fabs(at.*member);
      if (!(most >= value)) most = std::isnan(value) ? HUGE_VAL : value;
    }
    return most;
  };
  for (const OddQuintic& p : f.steps()) {
    const double most = largest(&Point::x), square = most * most;
    const double made =
        most * (std::fabs(p.a) + square * (std::fabs(p.b) + square * std::fabs(p.c)));
    for (Point& at : points) at = {p(at.x), std::fabs(p.derivative(at.x)) * at.error + made};
  }
  const double gain = largest(&Point::x), error = largest(&Point::error);
  if (!(error < HUGE_VAL)) return HUGE_VAL;  // a chain that leaves every range
  return gain > 0.0 ? error / gain : 0.0;
}

}  // namespace pion::algorithm
