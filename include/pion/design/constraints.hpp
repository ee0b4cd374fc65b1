// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>  // std::size_t
#include <string>

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/polynomial.hpp>
#include <pion/filter/shape.hpp>  // Range

/// The design of chains: closed forms here, optimisation in the headers beside this one.
namespace pion::design {

/// p, p' or p'' (`order` 0, 1 or 2) takes `value` at the point `at`.
struct Condition {
  int order = 0;
  double at = 0.0;
  double value = 0.0;
};

/// The condition on p, on p' or on p'' at a point.
inline Condition value(double at, double value) { return {0, at, value}; }
inline Condition slope(double at, double value) { return {1, at, value}; }
inline Condition curvature(double at, double value) { return {2, at, value}; }

/// Finds the odd quintic that meets three conditions, by Cramer's rule: without rounding where the
/// determinants are exact in double, as for conditions at 0 and 1 with small integers.
///
/// A condition at -s repeats the one at s, as p is odd; and p(0) = 0 and p''(0) = 0 hold for every
/// odd p. Such conditions leave the system singular.
/// \throws std::invalid_argument if a number is not finite, an order is not 0, 1 or 2, or the
///         conditions do not determine p.
inline OddQuintic quintic(const std::array<Condition, 3>& conditions) {
  double m[3][3], y[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const Condition& c = conditions[i];
    if (!pion::detail::is_finite(c.at) || !pion::detail::is_finite(c.value) || c.order < 0 ||
        c.order > 2) {
      detail::refuse_argument("quintic: condition " + std::to_string(i + 1) + " (order " +
                              std::to_string(c.order) + ", at " + detail::number_text(c.at) +
                              ", value " + detail::number_text(c.value) + ") is not one");
    }
    const double s = c.at, s3 = s * s * s;
    const double rows[3][3] = {
        {s, s3, s3 * s * s}, {1, 3 * s * s, 5 * s3 * s}, {0, 6 * s, 20 * s3}};
    for (std::size_t j = 0; j < 3; ++j) m[i][j] = rows[c.order][j];
    y[i] = c.value;
  }
  const auto determinant = [](const double(&x)[3][3]) {
    return x[0][0] * (x[1][1] * x[2][2] - x[1][2] * x[2][1]) -
           x[0][1] * (x[1][0] * x[2][2] - x[1][2] * x[2][0]) +
           x[0][2] * (x[1][0] * x[2][1] - x[1][1] * x[2][0]);
  };
  const double whole = determinant(m);
  if (whole == 0.0) detail::refuse_argument("quintic: the three conditions do not determine it");
  double solution[3];
  for (std::size_t j = 0; j < 3; ++j) {
    double replaced[3][3];
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t k = 0; k < 3; ++k) replaced[i][k] = k == j ? y[i] : m[i][k];
    }
    solution[j] = determinant(replaced) / whole;
  }
  return {solution[0], solution[1], solution[2]};
}

/// The coefficients for which an anchored quintic, p(1) = 1 and p'(1) = 0, does not fall on
/// [0, 1] (Fan et al. 2026, A41): the ranges of a, b and c. One of the three determines the other
/// two.
inline constexpr Range feasible_a{0.0, 1.875};
inline constexpr Range feasible_b{-1.25, 2.5};
inline constexpr Range feasible_c{-1.5, 0.375};

/// Returns the anchored quintic with slope a at 0: (a, 5/2 - 2a, a - 3/2). Promotion is a = 15/8,
/// the cubic of Newton and Schulz a = 3/2, suppression a = 0.
/// \throws std::invalid_argument if a is not in `feasible_a`.
inline OddQuintic anchored(double a) {
  if (!(feasible_a.lo <= a && a <= feasible_a.hi)) {
    detail::refuse_argument("anchored: the slope " + detail::number_text(a) +
                            " at 0 is outside [0, 1.875], where the quintic does not fall");
  }
  return {a, 2.5 - 2.0 * a, a - 1.5};
}

/// Derives promotion from (P1)-(P3): p(1) = 1, p'(1) = 0, and the largest slope at 0 for which
/// p''(1) <= 0.
inline OddQuintic promotion() { return quintic({value(1, 1), slope(1, 0), curvature(1, 0)}); }

/// Derives suppression from (S1)-(S3): p(1) = 1, p'(1) = 0, p'(0) = 0.
inline OddQuintic suppression() { return quintic({value(1, 1), slope(1, 0), slope(0, 0)}); }

/// Returns the anchored quintic that parts at tau: p(tau) = tau with p'(tau) = 1 + tau^2, so that
/// repeated it takes (0, tau) to 0 and (tau, 1] to 1. A small tau parts slowly: promote first
/// instead.
///
/// From p(s) - s = s (1 - s^2) (a - 1 - (a - 3/2) s^2): tau^2 = (a - 1) / (a - 3/2).
/// \throws std::invalid_argument unless 0 < tau <= sqrt(2/3), where suppression parts.
inline OddQuintic anchored_with_fixed_point(double tau) {
  const double square = tau * tau;
  if (!(tau > 0.0 && 3.0 * square <= 2.0 * (1.0 + 1e-15))) {
    detail::refuse_argument("anchored_with_fixed_point: tau = " + detail::number_text(tau) +
                            " is not in (0, sqrt(2/3)]");
  }
  return anchored(std::fmax(0.0, (1.0 - 1.5 * square) / (1.0 - square)));
}

}  // namespace pion::design
