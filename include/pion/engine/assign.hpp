// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <type_traits>

#include <pion/engine/transpose.hpp>
#include <pion/engine/view.hpp>

namespace pion::detail {
inline namespace PION_SETTINGS {

/// Whether X lies in memory with a storage order of its own, rather than being computed.
template <class X>
inline constexpr bool in_memory_v = (X::Flags & Eigen::DirectAccessBit) != 0;

/// Shows the memory of such a matrix, inner dimension first.
template <class View, class X>
View in_place(X& x) {
  return View(x.data(), x.innerSize(), x.outerSize(), x.outerStride());
}

/// to <- from^T, in the scalar of `to`, block by block: each cache line is read and written once.
template <class From, class To>
void assign_crosswise(const From& from, To&& to) {
  using S = typename std::decay_t<To>::Scalar;
  constexpr Index side = 32;
  for (Index j = 0; j < from.cols(); j += side) {
    const Index cols = std::min<Index>(side, from.cols() - j);
    for (Index i = 0; i < from.rows(); i += side) {
      const Index rows = std::min<Index>(side, from.rows() - i);
      to.block(j, i, cols, rows) = from.block(i, j, rows, cols).transpose().template cast<S>();
    }
  }
}

/// to <- from, in the scalar of `to`. Between memory of different storage orders it goes block by
/// block, as engine::transpose().
///
/// Both are seen as views wherever they lie in memory without gaps in a column or row: then what is
/// known of their alignment is left out, which a file compiled with other flags may not keep.
template <class From, class To>
void assign(const From& from, To&& to) {
  using Target = std::decay_t<To>;
  using S = typename Target::Scalar;
  using F = typename From::Scalar;
  constexpr bool crosswise = bool(From::IsRowMajor) != bool(Target::IsRowMajor);
  if constexpr (in_memory_v<From> && in_memory_v<Target>) {
    if (from.innerStride() == 1 && to.innerStride() == 1) {
      const auto source = in_place<engine::View<const F>>(from);
      const auto target = in_place<engine::View<S>>(to);
      if constexpr (crosswise && std::is_same_v<F, S>) {
        engine::transpose<S>(source, target);
      } else if constexpr (crosswise) {
        assign_crosswise(as_eigen(source), as_eigen(target));
      } else {
        as_eigen(target) = as_eigen(source).template cast<S>();
      }
      return;
    }
  }
  if constexpr (in_memory_v<From> && in_memory_v<Target> && crosswise) {
    assign_crosswise(from, to.transpose());
  } else {
    to = from.template cast<S>();
  }
}

}  // namespace PION_SETTINGS
}  // namespace pion::detail
