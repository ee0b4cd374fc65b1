// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <type_traits>
#include <utility>  // std::forward

#include <pion/detail/traits.hpp>
#include <pion/filter/heads.hpp>  // Axis

namespace pion::distributed {

/// Views a matrix that is cut along one axis, of which each rank has a part: rank r's stands right
/// before rank r + 1's. Parts may differ in size, and be empty.
///
/// X is the local part: any dense Eigen expression where it is read, and a matrix, map or block
/// where it is written. It is a reference where sharded() was given a named object, which must
/// stay; a map or block made on the spot is kept.
template <class X>
struct Sharded {
  X local;                 ///< This rank's part.
  Axis axis = Axis::rows;  ///< The one that is cut.
  Index extent = 0;        ///< Of the whole matrix, along the axis.
  Index offset = 0;        ///< Where the local part begins, along the axis.

  /// Of the whole matrix.
  Index rows() const { return axis == Axis::rows ? extent : local.rows(); }
  /// Of the whole matrix.
  Index cols() const { return axis == Axis::cols ? extent : local.cols(); }
  /// The extent of the local part, along the axis.
  Index part() const { return axis == Axis::rows ? local.rows() : local.cols(); }
};

/// Views `local` as the part of a matrix that is cut along `axis`, of whose `extent` the part
/// begins at `offset`.
template <class X>
Sharded<X> sharded(X&& local, Axis axis, Index extent, Index offset) {
  static_assert(pion::detail::is_matrix_v<X>,
                "pion: the local part must be a matrix, map or block");
  return {std::forward<X>(local), axis, extent, offset};
}

/// A stretch of an axis.
struct Part {
  Index offset = 0;  ///< Where it begins.
  Index size = 0;    ///< How long it is.
};

/// Returns rank r's part where `extent` is cut as torch.chunk() and with it FSDP cut it: into
/// stretches of ceil(extent / ranks), of which the last may be shorter or empty. Ten rows on four
/// ranks are 3, 3, 3 and 1.
inline Part chunk(Index extent, int ranks, int r) {
  const Index each = (extent + ranks - 1) / ranks;
  const Index begin = (std::min)(extent, r * each);
  return {begin, (std::min)(each, extent - begin)};
}

}  // namespace pion::distributed
