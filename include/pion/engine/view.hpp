// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <Eigen/Core>

#include <pion/detail/settings.hpp>
#include <pion/detail/traits.hpp>

namespace pion::engine {

/// Refers to a column-major matrix of rows x cols in somebody else's memory: what algorithms pass
/// to an engine. Element (i, j) is data[i + j * stride].
template <class T>
struct View {
  T* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index stride = 0;

  View() = default;
  View(T* memory, Index r, Index c) : View(memory, r, c, r) {}
  View(T* memory, Index r, Index c, Index s) : data(memory), rows(r), cols(c), stride(s) {}

  /// A view that may be written to is one that may be read.
  template <class U, std::enable_if_t<!std::is_const_v<U> && std::is_same_v<const U, T>, int> = 0>
  View(const View<U>& v) : View(v.data, v.rows, v.cols, v.stride) {}

  Index size() const { return rows * cols; }  ///< How many elements it has.

  /// The r x c block at row i and column j, in place.
  View block(Index i, Index j, Index r, Index c) const {
    return View(data + i + j * stride, r, c, stride);
  }
};

inline namespace PION_SETTINGS {

/// Shows the same matrix to Eigen (host memory only). Nothing is assumed of its alignment.
template <class T>
auto as_eigen(const View<T>& v) {
  using Plain = pion::detail::ColumnMajor<std::remove_const_t<T>>;
  using Matrix = std::conditional_t<std::is_const_v<T>, const Plain, Plain>;
  using Stride = pion::detail::ColumnStride;
  return Eigen::Map<Matrix, Eigen::Unaligned, Stride>(v.data, v.rows, v.cols, Stride(v.stride));
}

}  // namespace PION_SETTINGS
}  // namespace pion::engine
