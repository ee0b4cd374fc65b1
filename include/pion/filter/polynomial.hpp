// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::fabs, std::ilogb, std::ldexp, std::sqrt

#include <pion/detail/finite.hpp>

namespace pion {

/// Up to two positive numbers in ascending order; the answer of the closed forms below.
struct PositiveRoots {
  int count = 0;                 ///< How many there are.
  double value[2] = {0.0, 0.0};  ///< The first `count`, ascending.

  constexpr const double* begin() const { return value; }        ///< So that a loop runs over them.
  constexpr const double* end() const { return value + count; }  ///< Behind the last.
};

/// One step of a chain: the odd quintic p(s) = a s + b s^3 + c s^5 (Fan et al. 2026, eq. 6).
///
/// Coefficients are double whatever the scalar of the matrix. On a matrix X = U S V^T the step is
/// U p(S) V^T = h(X X^T) X with h(r) = a + b r + c r^2 (App. D).
struct OddQuintic {
  double a = 0.0;
  double b = 0.0;
  double c = 0.0;

  /// Computes p(s), in the wider of double and T. T may be any type with double's arithmetic.
  template <class T>
  constexpr auto operator()(const T& s) const {
    const auto r = s * s;
    return s * (a + r * (b + r * c));
  }

  /// Computes p'(s) = a + 3 b s^2 + 5 c s^4.
  template <class T>
  constexpr auto derivative(const T& s) const {
    const auto r = s * s;
    return a + r * (3.0 * b + r * (5.0 * c));
  }

  friend constexpr bool operator==(const OddQuintic& p, const OddQuintic& q) {
    return p.a == q.a && p.b == q.b && p.c == q.c;
  }
  friend constexpr bool operator!=(const OddQuintic& p, const OddQuintic& q) { return !(p == q); }
};

namespace detail {

/// Finds the s > 0 with c0 + by1 c1 s^2 + by2 c2 s^4 = 0, ascending; a double root counts once.
///
/// The coefficients are first scaled by a power of two, so that their squares neither overflow nor
/// vanish, and the quadratic in s^2 is solved without cancellation: q = -(c1 + sign(c1) sqrt(disc))
/// / 2, the roots being q / c2 and c0 / q.
inline PositiveRoots even_quartic_roots(double c0, double c1, double c2, double by1 = 1.0,
                                        double by2 = 1.0) {
  PositiveRoots roots;
  const auto keep = [&roots](double r) {
    if (detail::is_finite(r) && r > 0.0) roots.value[roots.count++] = std::sqrt(r);
  };
  const double largest = std::fmax(std::fabs(c0), std::fmax(std::fabs(c1), std::fabs(c2)));
  if (!(largest > 0.0 && detail::is_finite(largest))) return roots;
  const int power = -std::ilogb(largest);
  c0 = std::ldexp(c0, power);
  c1 = by1 * std::ldexp(c1, power);
  c2 = by2 * std::ldexp(c2, power);
  const double discriminant = c1 * c1 - 4.0 * c0 * c2;
  if (discriminant < 0.0) return roots;
  const double q = -0.5 * (c1 + std::copysign(std::sqrt(discriminant), c1));
  const double one = c2 != 0.0 ? q / c2 : 0.0;
  const double two = q != 0.0 ? c0 / q : 0.0;
  keep(std::fmin(one, two));
  if (one != two) keep(std::fmax(one, two));
  return roots;
}

}  // namespace detail

/// Finds every s > 0 with p'(s) = 0, ascending: the local extrema and the level inflections of p.
inline PositiveRoots critical_points(const OddQuintic& p) {
  return detail::even_quartic_roots(p.a, p.b, p.c, 3.0, 5.0);
}

/// Finds every s > 0 with p(s) = s, ascending. Muon's step has .868025797656 and 1.263729067298.
inline PositiveRoots fixed_points(const OddQuintic& p) {
  return detail::even_quartic_roots(p.a - 1.0, p.b, p.c);
}

}  // namespace pion
