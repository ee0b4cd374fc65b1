// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min

#include <pion/engine/packet.hpp>
#include <pion/engine/view.hpp>

namespace pion::engine {
inline namespace PION_SETTINGS {

/// Computes to = from^T, in blocks of one register's width: each cache line is read and written
/// once. (Eigen's `a = b.transpose()` goes down whole columns, which costs ten times more at 2048
/// rows.)
template <class T>
void transpose(const View<const T>& from, const View<T>& to) {
  namespace e = Eigen::internal;
  using Register = detail::Register<T>;
  constexpr int lanes = Register::lanes;
  const Index rows = from.rows / lanes * lanes;
  const Index cols = from.cols / lanes * lanes;
  for (Index j = 0; j < cols; j += lanes) {
    for (Index i = 0; i < rows; i += lanes) {
      typename Register::Square block;
      for (int l = 0; l < lanes; ++l) {
        block.packet[l] =
            e::ploadu<typename Register::Packet>(from.data + i + (j + l) * from.stride);
      }
      e::ptranspose(block);
      for (int l = 0; l < lanes; ++l) {
        e::pstoreu(to.data + j + (i + l) * to.stride, block.packet[l]);
      }
    }
  }
  const auto copy = [&](Index i, Index j, Index r, Index c) {
    as_eigen(to.block(j, i, c, r)) = as_eigen(from.block(i, j, r, c)).transpose();
  };
  copy(rows, 0, from.rows - rows, cols);
  copy(0, cols, from.rows, from.cols - cols);
}

/// Copies what lies below the diagonal of the square matrix c to its place above.
template <class T>
void mirror(const View<T>& c) {
  constexpr Index side = 16;
  for (Index j = 0; j < c.cols; j += side) {
    const Index cols = (std::min)(side, c.cols - j);
    for (Index k = j; k < j + cols; ++k) {
      for (Index l = k + 1; l < j + cols; ++l) c.data[k + l * c.stride] = c.data[l + k * c.stride];
    }
    const Index below = c.rows - j - cols;
    transpose<T>(c.block(j + cols, j, below, cols), c.block(j, j + cols, cols, below));
  }
}

}  // namespace PION_SETTINGS
}  // namespace pion::engine
