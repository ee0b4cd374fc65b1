// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cstddef>    // std::size_t

#include <pion/engine/sweep_kernels.hpp>
#include <pion/engine/view.hpp>

/// The innermost parts of a sweep (engine/sweep.hpp) for the narrowest q.
namespace pion::detail {
inline namespace PION_SETTINGS {

/// Multiplies with a column of x in registers, which is widened to S as it is loaded: for a q of up
/// to `columns` columns, of which PacketsOfNarrow would fill no more than one packet. q, and the
/// sum for y, lie column by column, `all` rows apart; rows beyond those of x are zeros:
///
///     basis    | q(0.., 0) 0 | q(0.., 1) 0 | ...      (each `all` long)
///     image    | z(0, 0..width) | z(1, 0..width) | ...
///     sum      | y(0.., 0)   | y(0.., 1)   | ...
template <int columns, class S>
struct PacketsOfLarge {
  static constexpr Index width = columns;

  template <class Q>
  static void lay(const engine::View<const Q>& q, S* basis, Index all) {
    fill(q, engine::View<S>(basis, all, width));
  }
  static engine::View<S> rows_of(S* sum, Index i, Index rows, Index all) {
    return {sum + i, rows, width, all};
  }
  static void store(S factor, const engine::View<S>& rows, const engine::View<S>& y) {
    as_eigen(y) = factor * as_eigen(rows).leftCols(y.cols);
  }

  /// image += q^T x.
  template <class T>
  static void into_image(const engine::View<const T>& x, const S* basis, Index all, S* image) {
    const auto add = [&](const auto& rows, const S* q) {
      Index j = 0;
      for (; j + most <= rows.cols; j += most) products<most>(rows, j, q, all, image);
      for (; j < rows.cols; ++j) products<1>(rows, j, q, all, image);
    };
    const Index whole = x.rows / lanes * lanes;
    for (Index i = 0; i < whole; i += depth) {
      add(x.block(i, 0, (std::min)(depth, whole - i), x.cols), basis + i);
    }
    if (whole < x.rows) {
      alignas(64) S tile[std::size_t(lanes * sweep_panel)];
      add(rest(x, whole, tile), basis + whole);
    }
  }

  /// sum += x image^T.
  template <class T>
  static void into_sum(const engine::View<const T>& x, const S* image, S* sum, Index all) {
    constexpr Index step = Index(most) * lanes;
    Index i = 0;
    for (; i + step <= x.rows; i += step) {
      combinations<most>(x.block(i, 0, step, x.cols), image, sum + i, all);
    }
    for (; i + lanes <= x.rows; i += lanes) {
      combinations<1>(x.block(i, 0, lanes, x.cols), image, sum + i, all);
    }
    if (i < x.rows) {
      alignas(64) S tile[std::size_t(lanes * sweep_panel)];
      combinations<1>(rest(x, i, tile), image, sum + i, all);
    }
  }

 private:
  using Packet = typename Register<S>::Packet;
  static constexpr int lanes = Register<S>::lanes;
  // Of q's columns, and of packets or columns of x, as many at once as registers hold sums for.
  static constexpr bool roomy = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32;
  static constexpr int few = roomy || columns == 6 ? columns : 4;
  static constexpr int most = roomy || few < 6 ? 3 : 2;
  static constexpr Index depth = 512;  // rows of which q stays in L1

  template <class T>
  static Packet load(const T* from) {
    alignas(64) S wide[std::size_t(lanes)];
    for (int i = 0; i < lanes; ++i) wide[i] = static_cast<S>(from[i]);
    return Eigen::internal::pload<Packet>(wide);
  }

  /// The rows of x from i, which are fewer than a packet, made one by zeros.
  template <class T>
  static engine::View<const S> rest(const engine::View<const T>& x, Index i, S* memory) {
    const engine::View<S> packet(memory, lanes, x.cols);
    fill(x.block(i, 0, x.rows - i, x.cols), packet);
    return packet;
  }

  /// image(l, j) += sum over k of q(k, l) x(k, j) for `cols` columns j.
  template <int cols, class T>
  static void products(const engine::View<const T>& x, Index j, const S* q, Index all, S* image) {
    namespace e = Eigen::internal;
    for (Index at = 0; at < width; at += few) {
      Packet sum[std::size_t(cols)][std::size_t(few)];
#pragma GCC unroll 3
      for (int c = 0; c < cols; ++c) {
#pragma GCC unroll 8
        for (int l = 0; l < few; ++l) sum[c][l] = e::pset1<Packet>(S(0));
      }
      for (Index k = 0; k < x.rows; k += lanes) {
        Packet right[std::size_t(cols)];
#pragma GCC unroll 3
        for (int c = 0; c < cols; ++c) right[c] = load(x.data + k + (j + c) * x.stride);
#pragma GCC unroll 8
        for (int l = 0; l < few; ++l) {
          const auto left = e::pload<Packet>(q + k + (at + l) * all);
#pragma GCC unroll 3
          for (int c = 0; c < cols; ++c) sum[c][l] = e::pmadd(left, right[c], sum[c][l]);
        }
      }
#pragma GCC unroll 3
      for (int c = 0; c < cols; ++c) {
#pragma GCC unroll 8
        for (int l = 0; l < few; ++l) image[at + l + (j + c) * width] += e::predux(sum[c][l]);
      }
    }
  }

  /// sum(i, l) += sum over j of x(i, j) image(l, j) for `packets` packets of rows i.
  template <int packets, class T>
  static void combinations(const engine::View<const T>& x, const S* image, S* sum, Index all) {
    namespace e = Eigen::internal;
    for (Index at = 0; at < width; at += few) {
      Packet total[std::size_t(packets)][std::size_t(few)];
      S* const to = sum + at * all;
#pragma GCC unroll 3
      for (int i = 0; i < packets; ++i) {
#pragma GCC unroll 8
        for (int l = 0; l < few; ++l) total[i][l] = e::pload<Packet>(to + i * lanes + l * all);
      }
      for (Index j = 0; j < x.cols; ++j) {
        Packet left[std::size_t(packets)];
#pragma GCC unroll 3
        for (int i = 0; i < packets; ++i) left[i] = load(x.data + i * lanes + j * x.stride);
#pragma GCC unroll 8
        for (int l = 0; l < few; ++l) {
          const auto right = e::pset1<Packet>(image[at + l + j * width]);
#pragma GCC unroll 3
          for (int i = 0; i < packets; ++i) total[i][l] = e::pmadd(left[i], right, total[i][l]);
        }
      }
#pragma GCC unroll 3
      for (int i = 0; i < packets; ++i) {
#pragma GCC unroll 8
        for (int l = 0; l < few; ++l) e::pstore(to + i * lanes + l * all, total[i][l]);
      }
    }
  }
};

}  // namespace PION_SETTINGS
}  // namespace pion::detail
