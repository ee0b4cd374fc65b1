// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::sqrt
#include <string>

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/polynomial.hpp>

namespace pion::detail {

inline void check_interval(const char* name, double lo, double hi) {
  if (!(0.0 < lo && lo <= hi && pion::detail::is_finite(hi))) {
    refuse_argument(std::string(name) + ": [" + number_text(lo) + ", " + number_text(hi) +
                    "] is not an interval of positive numbers");
  }
}

}  // namespace pion::detail

namespace pion::design {

/// An odd polynomial, and the largest |p(s) - 1| on the interval that it was made for.
struct Minimax {
  OddQuintic p;
  double error = 0.0;  ///< That largest distance.
};

/// Finds the odd cubic nearest to 1 on [lo, hi]; c = 0.
///
/// p = (3 m^2 s - s^3) / k turns at m, the mean with 3 m^2 = lo^2 + lo hi + hi^2, for which
/// p(lo) = p(hi) = lo hi (lo + hi) / k; so k = m^3 + lo hi (lo + hi) / 2 puts the three
/// alternation points at 1 -+ error (Grishina et al. 2025, CANS).
/// \throws std::invalid_argument unless 0 < lo <= hi.
inline Minimax minimax_cubic(double lo, double hi) {
  detail::check_interval("minimax_cubic", lo, hi);
  const double square = (lo * lo + lo * hi + hi * hi) / 3.0;
  const double top = square * std::sqrt(square), ends = 0.5 * lo * hi * (lo + hi);
  const double k = top + ends;
  return {{3.0 * square / k, -1.0 / k, 0.0}, std::fmax(0.0, (top - ends) / k)};
}

/// Finds the odd quintic nearest to 1 on [lo, hi], by Remez' exchange (Amsel et al. 2025, Polar
/// Express).
///
/// p(s) = 1 - e, 1 + e, 1 - e, 1 + e at lo < q < r < hi, where q and r are the turns of p. With
/// t = s^2 the quadratic p(s)/s = a + b t + c t^2 takes (1 -+ e)/s at the four points; its third
/// divided difference is zero, which gives e, and its Newton form gives a, b and c. The divided
/// differences of 1/s are written without subtraction, so that double is enough for every lo/hi.
/// Where hi - lo is below 5e-6 hi the answer is the limit (15/8, -5/4, 3/8) about the middle m,
/// p(s) = 1 + 5/2 (s/m - 1)^3 + ..., which is 1 to the last bit of a double.
///
/// Cost: a few dozen operations an exchange; some ten exchanges.
/// \throws std::invalid_argument unless 0 < lo <= hi.
inline Minimax minimax_quintic(double lo, double hi) {
  detail::check_interval("minimax_quintic", lo, hi);
  if (lo >= (1.0 - 5e-6) * hi) {
    const double m = lo + 0.5 * (hi - lo), cube = m * m * m;
    return {{1.875 / m, -1.25 / cube, 0.375 / (cube * m * m)}, 0.0};
  }
  double q = (3.0 * lo + hi) / 4.0, r = (lo + 3.0 * hi) / 4.0;
  Minimax best;
  for (int exchange = 0; exchange < 100; ++exchange) {
    // For 1/s and for sign/s: values, first, second and third divided differences in s^2.
    const double x[4] = {hi, r, q, lo}, sign[4] = {1.0, -1.0, 1.0, -1.0};
    const auto gap = [&x](int i, int j) { return (x[i] - x[j]) * (x[i] + x[j]); };
    const double e1 = hi + r + q + lo;
    const double e2 = hi * (r + q + lo) + r * (q + lo) + q * lo;
    const double e3 = hi * r * (q + lo) + (hi + r) * q * lo;
    const double pairs = (hi + r) * (hi + q) * (hi + lo) * (r + q) * (r + lo) * (q + lo);
    const double one1 = -1.0 / (hi * r * (hi + r));
    const double one2 = (hi + r + q) / (hi * r * q * (hi + r) * (hi + q) * (r + q));
    const double one3 = -(e1 * e2 - e3) / (hi * r * q * lo * pairs);
    double alt1 = 0.0, alt2 = 0.0, alt3 = 0.0;
    for (int i = 0; i < 4; ++i) {
      double first = sign[i] / x[i], second = first, third = first;
      for (int j = 0; j < 4; ++j) {
        if (j == i) continue;
        if (i < 2 && j < 2) first /= gap(i, j);
        if (i < 3 && j < 3) second /= gap(i, j);
        third /= gap(i, j);
      }
      if (i < 2) alt1 += first;
      if (i < 3) alt2 += second;
      alt3 += third;
    }
    const double error = -one3 / alt3;
    const double d0 = (1.0 + error) / hi, d1 = one1 + error * alt1, d2 = one2 + error * alt2;
    best.p = {d0 - hi * hi * (d1 - d2 * r * r), d1 - d2 * (hi * hi + r * r), d2};
    const bool settled = std::fabs(error - best.error) <= 1e-16;
    best.error = error;
    const PositiveRoots turns = critical_points(best.p);
    if (settled || turns.count != 2) break;
    q = turns.value[0];
    r = turns.value[1];
    if (!(lo < q && q < r && r < hi)) break;
  }
  return best;
}

}  // namespace pion::design
