// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::copy_n, std::fill_n, std::max, std::min
#include <cstddef>    // std::size_t
#include <type_traits>

#include <pion/engine/packet.hpp>
#include <pion/engine/transpose.hpp>
#include <pion/engine/view.hpp>

/// The innermost part of a product: operands packed into panels, and the kernel that multiplies two
/// of them with a block of the result in registers, in Eigen's packets.
namespace pion {

namespace engine {
/// Whether an operand of a product is taken as it is (plain) or transposed.
enum class Op { plain, transposed };
}  // namespace engine

namespace detail {
inline namespace PION_SETTINGS {

/// Gives the sizes of what a core keeps close. In registers: a block of c. In L1: a panel of b,
/// depth x cols. In L2: a block of a, block_rows x depth. In L3: a block of b, depth x block_cols.
template <class T>
struct Blocking : Register<T> {
  static constexpr int packets = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 4 : 2;
  static constexpr int rows = packets * Register<T>::lanes;
  static constexpr int cols = 6;
  static constexpr Index depth = 256;
  static constexpr Index block_rows = Index(8) * rows;
  static constexpr Index block_cols = Index(170) * cols;
};

constexpr Index round_up(Index size, Index step) { return (size + step - 1) / step * step; }

/// Computes c += alpha a b, or c = alpha a b where `overwrite` is set, for a panel a of `packets`
/// packets of rows and a panel b of Blocking::cols columns.
template <int packets, class T>
void multiply_panels(Index depth, T alpha, const T* a, const T* b, T* c, Index stride,
                     bool overwrite) {
  namespace e = Eigen::internal;
  using Packet = typename Blocking<T>::Packet;
  constexpr int lanes = Blocking<T>::lanes, cols = Blocking<T>::cols;
  Packet sum[std::size_t(cols)][std::size_t(packets)];
  for (auto& column : sum) {
    for (Packet& entry : column) entry = e::pset1<Packet>(T(0));
  }
  for (Index k = 0; k < depth; ++k, a += packets * lanes, b += cols) {
    Packet left[std::size_t(packets)];
#pragma GCC unroll 4
    for (int i = 0; i < packets; ++i) left[i] = e::pload<Packet>(a + i * lanes);
#pragma GCC unroll 6
    for (int j = 0; j < cols; ++j) {
      const auto right = e::pset1<Packet>(b[j]);
#pragma GCC unroll 4
      for (int i = 0; i < packets; ++i) sum[j][i] = e::pmadd(left[i], right, sum[j][i]);
    }
  }
  const auto factor = e::pset1<Packet>(alpha);
  for (int j = 0; j < cols; ++j) {
    for (int i = 0; i < packets; ++i) {
      T* at = c + i * lanes + j * stride;
      e::pstoreu(at, overwrite ? e::pmul(factor, sum[j][i])
                               : e::pmadd(factor, sum[j][i], e::ploadu<Packet>(at)));
    }
  }
}

/// Computes the same for a panel of any height up to Blocking::rows, rounded up to whole packets.
template <class T>
void multiply_panels(int packets, Index depth, T alpha, const T* a, const T* b, T* c, Index stride,
                     bool overwrite) {
  switch (packets) {
    case 1: return multiply_panels<1>(depth, alpha, a, b, c, stride, overwrite);
    case 2: return multiply_panels<2>(depth, alpha, a, b, c, stride, overwrite);
    case 3: return multiply_panels<3>(depth, alpha, a, b, c, stride, overwrite);
    default: return multiply_panels<4>(depth, alpha, a, b, c, stride, overwrite);
  }
}

/// Lays the rows of op(a), in T, into panels of `width` rows, one after the other, column by
/// column; the rows missing from the last are zeros up to a multiple of `step`.
template <engine::Op op, class T, class A>
void pack(const engine::View<const A>& a, Index width, Index step, T* to) {
  using engine::View;
  constexpr Index stretch = 32;  // columns of a transposed panel that stay in L1
  const Index rows = op == engine::Op::plain ? a.rows : a.cols;
  const Index cols = op == engine::Op::plain ? a.cols : a.rows;
  for (Index i = 0; i < rows; i += width) {
    const Index some = (std::min)(width, rows - i);
    const Index height = (std::min)(width, round_up(some, step));
    if (op == engine::Op::plain) {
      const A* from = a.data + i;
      for (Index k = 0; k < cols; ++k, from += a.stride, to += height) {
        if constexpr (std::is_same_v<A, T>) {
          std::copy_n(from, some, to);
        } else {
          as_eigen(View<T>(to, some, 1)) =
              as_eigen(View<const A>(from, some, 1)).template cast<T>();
        }
        std::fill_n(to + some, height - some, T(0));
      }
      continue;
    }
    for (Index k = 0; k < cols; k += stretch) {
      const Index some_cols = (std::min)(stretch, cols - k);
      const View<const A> from = a.block(k, i, some_cols, some);
      if (some < Register<A>::lanes) {  // a narrow panel, row by row
        for (Index r = 0; r < height; ++r) {
          for (Index l = 0; l < some_cols; ++l) {
            to[l * height + r] = r < some ? static_cast<T>(from.data[l + r * from.stride]) : T(0);
          }
        }
      } else {
        as_eigen(View<T>(to + some, height - some, some_cols, height)).setZero();
        if constexpr (std::is_same_v<A, T>) {
          engine::transpose<T>(from, View<T>(to, some, some_cols, height));
        } else {
          constexpr int widest = (std::max)(Blocking<T>::rows, Blocking<T>::cols);
          alignas(64) A block[std::size_t(widest) * std::size_t(stretch)];
          const View<A> turned(block, some, some_cols);
          engine::transpose<A>(from, turned);
          as_eigen(View<T>(to, some, some_cols, height)) = as_eigen(turned).template cast<T>();
        }
      }
      to += height * some_cols;
    }
  }
}

}  // namespace PION_SETTINGS
}  // namespace detail
}  // namespace pion
