// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::max, std::min
#include <cmath>      // std::isfinite, std::sqrt
#include <limits>
#include <new>  // placement new

#include <Eigen/Core>

#include <pion/engine/gemm.hpp>
#include <pion/engine/view.hpp>
#include <pion/polynomial.hpp>
#include <pion/workspace.hpp>

namespace pion::engine {

/// The primitives that the algorithms are written over, on host memory, in tiles that an executor
/// hands to its workers.
///
/// An executor has `static int workers()` and `static void for_each(int workers, Index count, task)`:
/// task(i, worker) runs once for each i < count, worker < workers, and no two tasks that run at the
/// same time share a worker. Tiles depend on the shapes alone and each entry is summed within one
/// tile, so results are bitwise the same for every executor and every number of workers.
template <class Executor, class T>
class Host {
 public:
  /// Packing buffers for operands of up to `rows` x `cols`, either way round, one for each worker.
  Host(detail::Arena& arena, Index rows, Index cols) : workers_(Executor::workers()) {
    buffers_ = arena.take<GemmBuffers<T>>(workers_);
    const Index side = std::max(rows, cols);
    for (int w = 0; w < workers_; ++w) {
      const GemmBuffers<T> made(arena, std::min(side, tile_rows), std::min(side, tile_cols), side);
      if (buffers_ != nullptr) new (buffers_ + w) GemmBuffers<T>(made);
    }
  }

  /// r = x x^T, both halves, exactly symmetric, at half the cost of a product.
  void gram(const View<T>& x, const View<T>& r) const {
    symmetric_tiles(r, [&](Index i, Index j, const View<T>& tile, int worker) {
      as_eigen(tile).setZero();
      gemm<Op::transposed>(T(1), constant(x.block(i, 0, tile.rows, x.cols)),
                           constant(x.block(j, 0, tile.cols, x.cols)), tile, buffers_[worker]);
    });
  }

  /// h = a I + b r + c r^2 for symmetric r, so that p(X) = h(X X^T) X (Fan et al. 2026, App. D).
  void quadratic(const OddQuintic& p, const View<T>& r, const View<T>& h) const {
    symmetric_tiles(h, [&](Index i, Index j, const View<T>& tile, int worker) {
      auto block = as_eigen(tile);
      block = T(p.b) * as_eigen(r.block(i, j, tile.rows, tile.cols));
      if (i == j) block.diagonal().array() += T(p.a);
      if (p.c == 0.0) return;
      gemm<Op::plain>(T(p.c), constant(r.block(i, 0, tile.rows, r.cols)),
                      constant(r.block(0, j, r.rows, tile.cols)), tile, buffers_[worker]);
    });
  }

  /// c = a b, where a and b are symmetric and commute, so that c is symmetric too: half the cost.
  void multiply_commuting(const View<T>& a, const View<T>& b, const View<T>& c) const {
    symmetric_tiles(c, [&](Index i, Index j, const View<T>& tile, int worker) {
      as_eigen(tile).setZero();
      gemm<Op::plain>(T(1), constant(a.block(i, 0, tile.rows, a.cols)),
                      constant(b.block(0, j, b.rows, tile.cols)), tile, buffers_[worker]);
    });
  }

  /// c = a b.
  void multiply(const View<T>& a, const View<T>& b, const View<T>& c) const {
    const Index down = pieces(c.rows, tile_rows);
    Executor::for_each(workers_, down * pieces(c.cols, tile_cols), [&](Index t, int worker) {
      const Index i = (t % down) * tile_rows;
      const Index j = (t / down) * tile_cols;
      const View<T> tile =
          c.block(i, j, std::min(tile_rows, c.rows - i), std::min(tile_cols, c.cols - j));
      as_eigen(tile).setZero();
      gemm<Op::plain>(T(1), constant(a.block(i, 0, tile.rows, a.cols)),
                      constant(b.block(0, j, b.rows, tile.cols)), tile, buffers_[worker]);
    });
  }

  /// ||x||_F, summed in double.
  static double frobenius_norm(const View<T>& x) {
    double sum = 0.0;
    for (Index j = 0; j < x.cols; ++j) {
      sum += as_eigen(x).col(j).template cast<double>().squaredNorm();
    }
    // The squares of doubles can overflow or vanish where their norm does neither.
    if (sum > 1e-280 && std::isfinite(sum)) return std::sqrt(sum);
    return static_cast<double>(as_eigen(x).stableNorm());
  }

  /// A number that the primitives give and take; here, simply that.
  template <class V>
  using Number = V;

  /// f(numbers...), where the numbers are.
  template <class F, class... V>
  static auto compute(const F& f, const V&... numbers) {
    return f(numbers...);
  }

  /// The number, if the host can see it without waiting; it always can.
  template <class V>
  static const V* peek(const V& number) {
    return &number;
  }

  /// A bound of ||fl(a b) - a b||_F / (||a||_F ||b||_F) for inner dimension `depth`, as it is
  /// likely: roundings that go either way add up like a random walk, four times its size allowed.
  static double product_rounding(Index depth) {
    return 4.0 * static_cast<double>(std::numeric_limits<T>::epsilon()) *
           std::sqrt(static_cast<double>(depth));
  }

  static void scale(double factor, const View<T>& x) { as_eigen(x) *= static_cast<T>(factor); }

  /// x <- D x and r <- D r D with D_ii = (sum_j |r_ij|)^(-1/2), for r = x x^T; a zero row stays.
  /// D is kept in the first column of `scratch`, m x m.
  static void equilibrate(const View<T>& x, const View<T>& r, const View<T>& scratch) {
    auto d = as_eigen(scratch).col(0);
    d = as_eigen(r).cwiseAbs().rowwise().sum();
    // A sum whose rounding is that of subnormal numbers counts as a zero row.
    const T least = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
    d = (d.array() > least).select(d.cwiseSqrt().cwiseInverse(), T(1));
    as_eigen(x).array().colwise() *= d.array();
    as_eigen(r).array().colwise() *= d.array();
    as_eigen(r).array().rowwise() *= d.transpose().array();
  }

  static void copy(const View<T>& from, const View<T>& to) { as_eigen(to) = as_eigen(from); }

 private:
  // Wide enough that packing is a small part of a tile's work, small enough that two cores share a
  // product of a few hundred rows evenly; measured with Eigen 3.4 on AVX-512 (docs/performance.md).
  static constexpr Index tile_rows = 512;
  static constexpr Index tile_cols = 256;

  static Index pieces(Index extent, Index piece) { return (extent + piece - 1) / piece; }

  static View<const T> constant(const View<T>& v) {
    return View<const T>(v.data, v.rows, v.cols, v.stride);
  }

  /// Calls fill(i, j, tile, worker) for tiles that cover the lower half of the square matrix c, and
  /// mirrors each to the upper half. Columns are cut into about eight panels: a panel computes its
  /// whole diagonal block, so n / 8 wide panels waste one part in sixteen of the half saved.
  template <class Fill>
  void symmetric_tiles(const View<T>& c, const Fill& fill) const {
    const Index n = c.rows;
    const Index width = std::clamp((n / 8 + 15) / 16 * 16, Index(64), Index(192));
    Index count = 0;
    for (Index j = 0; j < n; j += width) count += pieces(n - j, tile_rows);
    Executor::for_each(workers_, count, [&](Index t, int worker) {
      Index j = 0;
      for (; t >= pieces(n - j, tile_rows); j += width) t -= pieces(n - j, tile_rows);
      const Index i = j + t * tile_rows;
      const View<T> tile = c.block(i, j, std::min(tile_rows, n - i), std::min(width, n - j));
      fill(i, j, tile, worker);
      mirror(c, i, j, tile);
    });
  }

  /// Copies the part of the tile at (i, j) that lies below the diagonal to its place above.
  static void mirror(const View<T>& c, Index i, Index j, const View<T>& tile) {
    const Index square = i == j ? std::min(tile.rows, tile.cols) : 0;
    for (Index k = 0; k < square; ++k) {
      for (Index l = k + 1; l < square; ++l) {
        tile.data[k + l * tile.stride] = tile.data[l + k * tile.stride];
      }
    }
    const Index below = tile.rows - square;
    as_eigen(c.block(j, i + square, tile.cols, below)) =
        as_eigen(tile.block(square, 0, below, tile.cols)).transpose();
  }

  int workers_;
  GemmBuffers<T>* buffers_ = nullptr;
};

}  // namespace pion::engine
