// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>  // std::is_const_v

#include <pion/cuda/batch.hpp>

namespace pion::cuda {

/// Says how a matrix lies: the elements of a column adjacent (columns), or those of a row (rows, as
/// in PyTorch).
enum class Order { columns, rows };

/// Describes a matrix of rows x cols in device memory that the caller owns. Element (i, j) is
/// data[i + j * stride], or data[i * stride + j] where rows are adjacent.
///
/// T is double, float, cuda::bfloat16 or cuda::half, or const one of them. The memory must live
/// until the stream has done all calls that were given it.
template <class T>
struct Matrix {
  T* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index stride = 0;
  Order order = Order::columns;  ///< Which elements are adjacent.

  Matrix() = default;
  /// Describes a matrix without gaps between columns (or rows).
  Matrix(T* memory, Index r, Index c, Order o = Order::columns)
      : Matrix(memory, r, c, o == Order::columns ? r : c, o) {}
  Matrix(T* memory, Index r, Index c, Index s, Order o)
      : data(memory), rows(r), cols(c), stride(s), order(o) {}

  /// Converts: what may be written may be read.
  operator Matrix<const T>() const { return {data, rows, cols, stride, order}; }

  /// The r x c block at row i and column j, in place.
  Matrix block(Index i, Index j, Index r, Index c) const {
    const Index at = order == Order::columns ? i + j * stride : i * stride + j;
    return {data + at, r, c, stride, order};
  }
};

}  // namespace pion::cuda
