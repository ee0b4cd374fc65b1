// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/engine/view.hpp>

namespace pion::detail {
inline namespace PION_SETTINGS {

/// Returns the sum of the squares of x's entries, in double. It is not finite if an entry is not.
template <class T>
double sum_of_squares(const engine::View<const T>& x) {
  constexpr Index lanes = 32;  // sums that a compiler may keep in registers
  double sums[lanes] = {};
  for (Index j = 0; j < x.cols; ++j) {
    const T* from = x.data + j * x.stride;
    const auto add = [&sums, &from](Index l) {
      const auto wide = static_cast<double>(from[l]);
      sums[l] += wide * wide;
    };
    Index left = x.rows;
    for (; left >= lanes; left -= lanes, from += lanes) {
      for (Index l = 0; l < lanes; ++l) add(l);
    }
    for (Index l = 0; l < left; ++l) add(l);
  }
  double sum = 0.0;
  for (const double one : sums) sum += one;
  return sum;
}

}  // namespace PION_SETTINGS
}  // namespace pion::detail
