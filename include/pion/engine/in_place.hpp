// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::ilogb
#include <cstdlib>    // std::abs
#include <type_traits>

#include <pion/detail/finite.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/tall_skinny.hpp>
#include <pion/engine/view.hpp>

/// The low-rank method's way of a matrix in and out: it is read where it lies and the result
/// written where it goes, without a copy between, wherever layouts allow it.
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

/// Writes left right^T to y, or to y^T where `transposed`, in y's storage order and scalar.
/// `scratch` has as many rows as left.
template <class Kernels, class T, class Y>
void store_product(const Kernels& kernels, const engine::View<T>& left,
                   const engine::View<T>& right, bool transposed, const engine::View<T>& scratch,
                   Y& y) {
  using Op = engine::Op;
  if constexpr (may_lie_in_place_v<T, Y>) {
    if (lies_in_place<T>(y)) {
      const auto to = in_place<engine::View<T>>(y);
      if (transposed == static_cast<bool>(Y::IsRowMajor)) {
        kernels.template multiply<Op::plain, Op::transposed>(left, right, to);
      } else {
        kernels.template multiply<Op::plain, Op::transposed>(right, left, to);
      }
      return;
    }
  }
  using Scalar = typename Y::Scalar;
  for (Index j = 0; j < right.rows; j += scratch.cols) {
    const Index width = (std::min)(scratch.cols, right.rows - j);
    const engine::View<T> piece = scratch.block(0, 0, scratch.rows, width);
    kernels.template multiply<Op::plain, Op::transposed>(left, right.block(j, 0, width, right.cols),
                                                         piece);
    if (transposed) {
      y.middleRows(j, width) = engine::as_eigen(piece).transpose().template cast<Scalar>();
    } else {
      y.middleCols(j, width) = engine::as_eigen(piece).template cast<Scalar>();
    }
  }
}

}  // namespace PION_SETTINGS
}  // namespace pion::detail
