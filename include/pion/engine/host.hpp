// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <new>        // placement new

#include <Eigen/Core>

#include <pion/engine/elementwise.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/transpose.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/filter/polynomial.hpp>

namespace pion::engine {
inline namespace PION_SETTINGS {

/// Has the primitives of an engine on the host (engine/concept.hpp), in parts that an executor
/// hands to its workers.
///
/// An executor has `static int workers()` and `static void for_each(int workers, Index count,
/// task)`: task(i, worker) runs once for each i < count, worker < workers, and no two tasks that
/// run at the same time share a worker. Each entry is summed within one part, in the order that
/// gemm() keeps whatever the part; so results are bitwise the same for every executor and number of
/// workers.
template <class Executor, class T>
class HostKernels : public Elementwise<T> {
 public:
  /// Takes packing buffers for operands of up to `rows` x `cols`, or transposed, for each worker.
  HostKernels(detail::Arena& arena, Index rows, Index cols) : workers_(Executor::workers()) {
    buffers_ = arena.take<GemmBuffers<T>>(workers_);
    const Index side = (std::max)(rows, cols);
    for (int w = 0; w < workers_; ++w) {
      const GemmBuffers<T> made(arena, side, side, side);
      if (buffers_ != nullptr) new (buffers_ + w) GemmBuffers<T>(made);
    }
  }

  /// Computes r = x x^T, both halves, exactly symmetric, at half the cost of a product.
  void gram(const View<const T>& x, const View<T>& r) const {
    symmetric_panels(r, [&](Index j, const View<T>& panel, int worker) {
      gemm<Op::plain, Op::transposed, Triangle::lower>(T(1), x.block(j, 0, panel.rows, x.cols),
                                                       x.block(j, 0, panel.cols, x.cols), panel,
                                                       buffers_[worker], Write::overwrite);
    });
  }

  /// Computes h = a I + b r + c r^2 for symmetric r, so that p(X) = h(X X^T) X (Fan et al. 2026,
  /// App. D).
  void quadratic(const OddQuintic& p, const View<const T>& r, const View<T>& h) const {
    symmetric_panels(h, [&](Index j, const View<T>& panel, int worker) {
      auto block = as_eigen(panel);
      block = T(p.b) * as_eigen(r.block(j, j, panel.rows, panel.cols));
      block.diagonal().array() += T(p.a);
      if (p.c == 0.0) return;
      // r is its own transpose, whose columns are quicker to pack.
      gemm<Op::plain, Op::transposed, Triangle::lower>(T(p.c), r.block(j, 0, panel.rows, r.cols),
                                                       r.block(j, 0, panel.cols, r.cols), panel,
                                                       buffers_[worker]);
    });
  }

  /// Computes c = a b for symmetric a and b that commute. c is symmetric too: half the cost.
  void multiply_commuting(const View<const T>& a, const View<const T>& b, const View<T>& c) const {
    symmetric_panels(c, [&](Index j, const View<T>& panel, int worker) {
      gemm<Op::plain, Op::transposed, Triangle::lower>(T(1), a.block(j, 0, panel.rows, a.cols),
                                                       b.block(j, 0, panel.cols, b.cols), panel,
                                                       buffers_[worker], Write::overwrite);
    });
  }

  /// Computes c = op_a(a) op_b(b).
  template <Op op_a = Op::plain, Op op_b = Op::plain>
  void multiply(const View<const T>& a, const View<const T>& b, const View<T>& c) const {
    const bool by_cols = c.cols >= c.rows;
    const Index extent = by_cols ? c.cols : c.rows;
    const Index width = part_width(extent);
    Executor::for_each(workers_, pieces(extent, width), [&](Index t, int worker) {
      const Index at = t * width;
      const Index size = (std::min)(width, extent - at);
      const View<T> part = by_cols ? c.block(0, at, c.rows, size) : c.block(at, 0, size, c.cols);
      gemm<op_a, op_b>(T(1), by_cols ? a : rows_of<op_a>(a, at, size),
                       by_cols ? cols_of<op_b>(b, at, size) : b, part, buffers_[worker],
                       Write::overwrite);
    });
  }

 private:
  static Index pieces(Index extent, Index piece) { return (extent + piece - 1) / piece; }

  /// Returns the width of the parts that a side of a result is cut into. There are two parts for
  /// each worker, so that the panels of a triangle, the long ones first, share out evenly; a part
  /// has whole cache lines.
  Index part_width(Index extent) const {
    const Index share = workers_ == 1 ? extent : pieces(extent, Index(2) * workers_);
    return std::max<Index>(pieces(share, 16) * 16, 48);
  }

  /// Calls fill(j, panel, worker) for panels that cover the lower half of the symmetric matrix c,
  /// from the diagonal down, and mirrors each to the upper half.
  template <class Fill>
  void symmetric_panels(const View<T>& c, const Fill& fill) const {
    const Index n = c.rows;
    const Index width = part_width(n);
    Executor::for_each(workers_, pieces(n, width), [&](Index t, int worker) {
      const Index j = t * width;
      const Index cols = (std::min)(width, n - j);
      fill(j, c.block(j, j, n - j, cols), worker);
      mirror(c.block(j, j, cols, cols));
      const Index below = n - j - cols;
      transpose<T>(c.block(j + cols, j, below, cols), c.block(j, j + cols, cols, below));
    });
  }

  int workers_;
  GemmBuffers<T>* buffers_ = nullptr;
};

}  // namespace PION_SETTINGS
}  // namespace pion::engine
