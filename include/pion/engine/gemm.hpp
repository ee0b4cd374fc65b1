// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min

#include <pion/engine/panels.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

/// Multiplies on one thread, in blocks of the size of the caches (Goto and van de Geijn 2008).
///
/// Eigen's own `a * b` allocates in each call, starts threads of its own under -fopenmp, cannot
/// leave out half of a symmetric result, and reaches seven tenths of the peak of AVX-512
/// (docs/performance.md). Here each entry is summed in an order that depends on the inner dimension
/// alone, so that a product may be cut into any parts without a bit of it changing.
namespace pion::engine {
inline namespace PION_SETTINGS {

/// Says which entries of a result gemm() computes: all, or the lower ones, those with row >=
/// column. The others then have no meaning.
enum class Triangle { all, lower };

/// Returns the block of a that holds the rows [i, i + r) of op(a).
template <Op op, class T>
View<T> rows_of(const View<T>& a, Index i, Index r) {
  return op == Op::plain ? a.block(i, 0, r, a.cols) : a.block(0, i, a.rows, r);
}
/// Returns the block of a that holds the columns [j, j + c) of op(a).
template <Op op, class T>
View<T> cols_of(const View<T>& a, Index j, Index c) {
  return rows_of < op == Op::plain ? Op::transposed : Op::plain > (a, j, c);
}

/// Holds the packing buffers of one thread. A product of up to `rows` x `cols` with an inner
/// dimension up to `depth` is done in one round; a larger one takes more rounds.
template <class T>
class GemmBuffers {
  using B = detail::Blocking<T>;

 public:
  GemmBuffers(detail::Arena& arena, Index rows, Index cols, Index depth)
      : rows_((std::min)(B::block_rows, detail::round_up(std::max<Index>(rows, 1), B::rows))),
        cols_((std::min)(B::block_cols, detail::round_up(std::max<Index>(cols, 1), B::cols))) {
    const Index deep = (std::min)(B::depth, depth);
    a_ = arena.take<T>(rows_ * deep);
    b_ = arena.take<T>(cols_ * deep);
  }

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  T* a() const { return a_; }  ///< Room for panels of the left operand.
  T* b() const { return b_; }  ///< Room for panels of the right operand.

 private:
  Index rows_;
  Index cols_;
  T* a_;
  T* b_;
};

/// Says whether a product is added to what c holds (accumulate), or replaces it (overwrite).
enum class Write { accumulate, overwrite };

/// Computes c += alpha op_a(a) op_b(b), or with Write::overwrite c = alpha op_a(a) op_b(b). c must
/// not overlap a or b. All arithmetic is done in the scalar of c; a and b are converted when they
/// are packed.
template <Op op_a, Op op_b, Triangle part = Triangle::all, class T, class S, class U>
void gemm(T alpha, const View<const S>& a, const View<const U>& b, const View<T>& c,
          const GemmBuffers<T>& buffers, Write write = Write::accumulate) {
  using B = detail::Blocking<T>;
  constexpr Op op_bt = op_b == Op::plain ? Op::transposed : Op::plain;
  const Index depth = op_a == Op::plain ? a.cols : a.rows;
  if (depth == 0 && write == Write::overwrite) as_eigen(c).setZero();
  alignas(64) T corner[B::rows * B::cols] = {};
  for (Index j = 0; j < c.cols; j += buffers.cols()) {
    const Index cols = (std::min)(buffers.cols(), c.cols - j);
    for (Index k = 0; k < depth; k += B::depth) {
      const Index deep = (std::min)(B::depth, depth - k);
      const bool overwrite = k == 0 && write == Write::overwrite;
      const auto b_block = rows_of<op_b>(cols_of<op_b>(b, j, cols), k, deep);
      detail::pack<op_bt>(b_block, B::cols, B::cols, buffers.b());
      for (Index i = part == Triangle::lower ? j / B::rows * B::rows : 0; i < c.rows;
           i += buffers.rows()) {
        const Index rows = (std::min)(buffers.rows(), c.rows - i);
        const auto a_block = cols_of<op_a>(rows_of<op_a>(a, i, rows), k, deep);
        detail::pack<op_a>(a_block, B::rows, B::lanes, buffers.a());
        for (Index jj = 0; jj < cols; jj += B::cols) {
          const T* right = buffers.b() + jj * deep;
          const Index wide = std::min<Index>(B::cols, cols - jj);
          for (Index ii = 0; ii < rows; ii += B::rows) {
            const T* left = buffers.a() + ii * deep;
            const Index high = std::min<Index>(B::rows, rows - ii);
            if (part == Triangle::lower && i + ii + high <= j + jj) continue;
            const auto packets = static_cast<int>((high + B::lanes - 1) / B::lanes);
            const View<T> at = c.block(i + ii, j + jj, high, wide);
            if (high % B::lanes == 0 && wide == B::cols) {
              detail::multiply_panels(packets, deep, alpha, left, right, at.data, at.stride,
                                      overwrite);
            } else {  // Through a whole block, so that every entry is rounded alike.
              const View<T> whole(corner, high, wide, B::rows);
              as_eigen(whole) = as_eigen(at);
              detail::multiply_panels(packets, deep, alpha, left, right, corner, B::rows,
                                      overwrite);
              as_eigen(at) = as_eigen(whole);
            }
          }
        }
      }
    }
  }
}

}  // namespace PION_SETTINGS
}  // namespace pion::engine
