// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cstddef>    // std::size_t
#include <type_traits>

#include <pion/engine/panels.hpp>
#include <pion/engine/view.hpp>

/// The innermost parts of a sweep (engine/sweep.hpp): q^T x and x z^T for a panel x of a large
/// matrix, in S, with a narrow q and z. Nothing of x is packed.
namespace pion::detail {
inline namespace PION_SETTINGS {

/// Columns of a large matrix that stay in L2 from one product to the next.
inline constexpr Index sweep_panel = 24;
/// Rows that kernels may write at once: whole packets of any scalar, and register blocks of any
/// width.
inline constexpr Index sweep_rows = 48;

/// Copies x to the corner (0, 0) of `to`, and fills the rest of `to` with zeros.
template <class T, class S>
void fill(const engine::View<const T>& x, const engine::View<S>& to) {
  as_eigen(to.block(0, 0, x.rows, x.cols)) = as_eigen(x).template cast<S>();
  as_eigen(to.block(x.rows, 0, to.rows - x.rows, x.cols)).setZero();
  as_eigen(to.block(0, x.cols, to.rows, to.cols - x.cols)).setZero();
}

/// Multiplies with a row of the narrow matrix in registers: each entry of x is broadcast and meets
/// `packets` packets of q's row, or of z's. So q, and the sum for y, lie row by row:
///
///     basis    | q(0, 0..width) | q(1, 0..width) | ... | q(m - 1, 0..width) |
///     image    | z(0, 0..width) | ...   one such row for each column of the panel x
///     sum      | y(0, 0..width) | ...   one for each row of x
///
///     image(j) += q(i) x(i, j)      sum(i) += z(j) x(i, j)
template <int packets, class S>
struct PacketsOfNarrow {
  static constexpr Index width = packets * Register<S>::lanes;

  template <class Q>
  static void lay(const engine::View<const Q>& q, S* basis, Index /*all*/) {
    pack<engine::Op::transposed>(q, width, width, basis);
  }
  static engine::View<S> rows_of(S* sum, Index i, Index rows, Index /*all*/) {
    return {sum + i * width, width, rows};
  }
  static void store(S factor, const engine::View<S>& rows, const engine::View<S>& y) {
    as_eigen(y) = (factor * as_eigen(rows).topRows(y.cols)).transpose();
  }

  /// image += q^T x.
  template <class T>
  static void into_image(const engine::View<const T>& x, const S* basis, Index /*all*/, S* image) {
    alignas(64) S tile[std::size_t(tile_depth * cols)];
    for (Index j = 0; j < x.cols; j += cols, image += cols * width) {
      const Index some = std::min<Index>(cols, x.cols - j);
      if constexpr (std::is_same_v<S, T>) {
        if (some == cols) {
          multiply(x.rows, basis, x.data + j * x.stride, 1, x.stride, image);
          continue;
        }
      }
      for (Index i = 0; i < x.rows; i += tile_depth) {
        const Index depth = (std::min)(tile_depth, x.rows - i);
        fill(x.block(i, j, depth, some), engine::View<S>(tile, depth, cols, tile_depth));
        multiply(depth, basis + i * width, tile, 1, tile_depth, image);
      }
    }
  }

  /// sum += x image^T.
  template <class T>
  static void into_sum(const engine::View<const T>& x, const S* image, S* sum, Index /*all*/) {
    alignas(64) S tile[std::size_t(tile_rows * sweep_panel)];
    for (Index i = 0; i < x.rows; i += tile_rows) {
      const Index some = (std::min)(tile_rows, x.rows - i);
      const auto add = [&](const S* rows, Index across) {
        for (Index r = 0; r < some; r += cols) {
          multiply(x.cols, image, rows + r, across, 1, sum + (i + r) * width);
        }
      };
      if constexpr (std::is_same_v<S, T>) {
        if (some == tile_rows) {
          add(x.data + i, x.stride);
          continue;
        }
      }
      fill(x.block(i, 0, some, x.cols), engine::View<S>(tile, tile_rows, x.cols));
      add(tile, tile_rows);
    }
  }

 private:
  using Packet = typename Register<S>::Packet;
  static constexpr int lanes = Register<S>::lanes;
  static constexpr int cols = (std::min)(12, Blocking<S>::packets * 6 / packets);  // in registers
  static constexpr Index tile_depth = 256, tile_rows = sweep_rows;  // of x in S, in L1

  /// c += a b for a of `width` rows and c of `cols` columns, both column by column without gaps,
  /// and b(k, j) at b[k * down + j * across].
  static void multiply(Index depth, const S* a, const S* b, Index down, Index across, S* c) {
    namespace e = Eigen::internal;
    Packet sum[std::size_t(cols)][std::size_t(packets)];
    for (auto& column : sum) {
      for (Packet& entry : column) entry = e::pset1<Packet>(S(0));
    }
    for (Index k = 0; k < depth; ++k, a += width, b += down) {
      Packet left[std::size_t(packets)];
#pragma GCC unroll 4
      for (int i = 0; i < packets; ++i) left[i] = e::pload<Packet>(a + i * lanes);
#pragma GCC unroll 12
      for (int j = 0; j < cols; ++j) {
        const auto right = e::pset1<Packet>(b[j * across]);
#pragma GCC unroll 4
        for (int i = 0; i < packets; ++i) sum[j][i] = e::pmadd(left[i], right, sum[j][i]);
      }
    }
    for (const auto& column : sum) {
      for (const Packet& entry : column) {
        e::pstore(c, e::padd(entry, e::pload<Packet>(c)));
        c += lanes;
      }
    }
  }
};

}  // namespace PION_SETTINGS
}  // namespace pion::detail
