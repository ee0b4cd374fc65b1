// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>  // std::void_t

#include <pion/engine/view.hpp>

namespace pion::algorithm {

/// Says how the kernels of the low-rank method hold a narrow matrix with a row for each column of
/// x: as an engine::View, or where they have a type `Long<S>`, as that. Where the columns of x are
/// cut over ranks, so are these rows.
///
/// Kernels with `Long<S>` have long_rows(), the rows that lie in memory here, and long_at(memory,
/// cols), the matrix in that memory.
template <class Kernels, class S, class = void>
struct LongSide {
  using View = engine::View<S>;
  /// How many of the n rows lie in memory here.
  static Index rows(const Kernels& /*kernels*/, Index n) { return n; }
  /// Views memory of rows() x cols numbers as such a matrix.
  static View at(const Kernels& /*kernels*/, S* memory, Index n, Index cols) {
    return View(memory, n, cols);
  }
};
template <class Kernels, class S>
struct LongSide<Kernels, S, std::void_t<typename Kernels::template Long<S>>> {
  using View = typename Kernels::template Long<S>;
  static Index rows(const Kernels& kernels, Index /*n*/) { return kernels.long_rows(); }
  static View at(const Kernels& kernels, S* memory, Index /*n*/, Index cols) {
    return kernels.long_at(memory, cols);
  }
};

}  // namespace pion::algorithm
