// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::fabs

namespace pion::detail {

/// Two doubles between which a property ends.
struct Boundary {
  double inside = 0.0;   ///< It holds here,
  double outside = 0.0;  ///< and here it does not.
};

/// Finds where a property ends on the way from `inside`, where it holds, to `outside`, by bisection
/// down to neighbouring doubles, or until the two are `resolution` apart. The way may lead up or
/// down. Where the property ends more than once, one of those places is found. `holds` is not
/// called at the two ends: if it holds at `outside` too, that end is returned as it was given.
///
/// Cost: some 60 calls of `holds` where the place is of the size of the ends, and up to 1100 on the
/// way from 1 towards 0.
template <class Property>
Boundary bisect(const Property& holds, double inside, double outside, double resolution = 0.0) {
  while (std::fabs(outside - inside) > resolution) {
    const double middle = 0.5 * inside + 0.5 * outside;
    if (middle == inside || middle == outside) break;
    (holds(middle) ? inside : outside) = middle;
  }
  return {inside, outside};
}

/// Finds a zero of a function that has opposite signs at the two ends: the double next to the
/// change of sign, on the side of `to`. Cost: as bisect().
template <class Function>
double zero_between(const Function& g, double from, double to) {
  const bool positive = g(from) > 0.0;
  return bisect([&](double s) { return (g(s) > 0.0) == positive; }, from, to).outside;
}

}  // namespace pion::detail
