// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <type_traits>

#include <pion/engine/transpose.hpp>
#include <pion/engine/view.hpp>

namespace pion::detail {

/// What lies in memory with its own storage order, rather than being computed.
template <class T>
inline constexpr bool in_memory_v = (T::Flags & Eigen::DirectAccessBit) != 0;

/// to = from, in the scalar of `to`. Between memory of different storage orders it goes block by
/// block, as engine::transpose().
template <class From, class To>
void assign(const From& from, To&& to) {
  using Target = std::decay_t<To>;
  using S = typename Target::Scalar;
  constexpr bool crosswise = in_memory_v<From> && in_memory_v<Target> &&
                             bool(From::IsRowMajor) != bool(Target::IsRowMajor);
  if constexpr (crosswise && std::is_same_v<typename From::Scalar, S>) {
    if (from.innerStride() == 1 && to.innerStride() == 1) {
      using engine::View;
      engine::transpose<S>(
          View<const S>(from.data(), from.innerSize(), from.outerSize(), from.outerStride()),
          View<S>(to.data(), to.innerSize(), to.outerSize(), to.outerStride()));
      return;
    }
  }
  if constexpr (crosswise) {
    constexpr Index side = 32;
    for (Index j = 0; j < from.cols(); j += side) {
      const Index cols = std::min(side, from.cols() - j);
      for (Index i = 0; i < from.rows(); i += side) {
        const Index rows = std::min(side, from.rows() - i);
        to.block(i, j, rows, cols) = from.block(i, j, rows, cols).template cast<S>();
      }
    }
  } else {
    to = from.template cast<S>();
  }
}

}  // namespace pion::detail
