// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <Eigen/Core>

#include <pion/detail/traits.hpp>

namespace pion::optimizer {

/// A map of foreign memory of any storage order and strides, of T or const T. AnyRecipe steps it.
template <class T>
using AnyMap = Eigen::Map<
    std::conditional_t<std::is_const_v<T>,
                       const Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic,
                                           Eigen::ColMajor>,
                       Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>>,
    Eigen::Unaligned, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;

/// Maps a rows x cols tensor whose entry (i, j) lies at data[i * row_stride + j * col_stride].
template <class T>
AnyMap<T> any_map(T* data, Index rows, Index cols, Index row_stride, Index col_stride) {
  return AnyMap<T>(data, rows, cols,
                   Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(col_stride, row_stride));
}

/// Maps a row-major tensor without gaps, as frameworks keep weights; a vector is one column.
template <class T>
AnyMap<T> row_major(T* data, Index rows, Index cols = 1) {
  return any_map(data, rows, cols, cols, Index(1));
}

}  // namespace pion::optimizer
