// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::ptrdiff_t

#include <pion/detail/host_device.hpp>

/// Where matrices lie in device memory, in the form that kernels take.
namespace pion::cuda {

/// Eigen's index, without Eigen.
using Index = std::ptrdiff_t;  // Eigen's, without Eigen

/// The extents of a batch, over which a kernel is launched.
struct Shape {
  Index rows = 0;   ///< Of each matrix.
  Index cols = 0;   ///< Of each matrix.
  Index count = 1;  ///< Matrices.

  /// Whether there is no element.
  bool empty() const { return rows == 0 || cols == 0 || count == 0; }
};

/// Describes `count` column-major matrices of one shape, `step` elements apart: what the algorithms
/// work on.
/// Element (i, j) of matrix b is data[i + j * stride + b * step].
template <class T>
struct Batch {
  T* data = nullptr;
  Index rows = 0;  ///< Of each matrix.
  Index cols = 0;  ///< Of each matrix.
  Index stride = 0;
  Index count = 1;
  Index step = 0;

  Shape shape() const { return {rows, cols, count}; }

  PION_HOST_DEVICE T& operator()(Index i, Index j, Index b) const {
    return data[i + j * stride + b * step];
  }

  /// The r x c block at row i and column j of each matrix.
  Batch block(Index i, Index j, Index r, Index c) const {
    return {data + i + j * stride, r, c, stride, count, step};
  }
};

/// Describes up to `most` matrices of the caller, of one shape and layout, each with an address of
/// its own. Element (i, j) of matrix b is data[b][i + j * stride], or data[b][i * stride + j] where
/// `crossed`.
template <class S>
struct PointerBatch {
  static constexpr Index most = 64;

  S* data[most] = {};
  Index stride = 0;
  bool crossed = false;

  PION_HOST_DEVICE S& operator()(Index i, Index j, Index b) const {
    return data[b][crossed ? i * stride + j : i + j * stride];
  }
};

}  // namespace pion::cuda
