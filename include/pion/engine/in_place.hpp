// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // std::ilogb
#include <cstdlib>  // std::abs
#include <type_traits>

#include <pion/detail/finite.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/assign.hpp>
#include <pion/engine/view.hpp>

/// What lets the low-rank method read a matrix where it lies, and write its result where it goes,
/// without a copy between.
namespace pion::detail {
inline namespace PION_SETTINGS {

/// Whether an expression of type X is memory that holds T.
template <class T, class X>
inline constexpr bool may_lie_in_place_v = std::is_same_v<typename X::Scalar, T> &&
                                           (X::Flags & Eigen::DirectAccessBit) != 0;

/// Whether x lies in memory as a column-major matrix of T, or its transpose does.
template <class T, class X>
bool lies_in_place([[maybe_unused]] const X& x) {
  if constexpr (may_lie_in_place_v<T, X>) {
    return x.innerStride() == 1 && x.outerStride() >= x.innerSize();
  } else {
    return false;
  }
}

/// Returns whether `size` is within 2^-range and 2^range: then squares and sums of such numbers
/// stay normal in T.
template <class T>
bool well_scaled(double size) {
  constexpr int range = std::is_same_v<T, float> ? 40 : 400;
  return is_finite(size) && size > 0.0 && std::abs(std::ilogb(size)) <= range;
}

}  // namespace PION_SETTINGS
}  // namespace pion::detail
