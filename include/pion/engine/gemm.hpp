// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max

#include <Eigen/Core>

#include <pion/engine/view.hpp>
#include <pion/workspace.hpp>

/// One tile of a product by Eigen's blocked kernel, on packing buffers of ours.
///
/// Eigen's `a * b` allocates its packing buffers in each call and, under -fopenmp, starts threads
/// of its own. Calling the kernel one level lower avoids both. The entry point has had the same
/// signature from Eigen 3.4 to 5; this file is the only one that knows it.
namespace pion::engine {

enum class Op { plain, transposed };

/// Packing buffers for tiles of up to `rows` x `cols` with inner dimension up to `depth`.
template <class T>
class GemmBuffers : public Eigen::internal::level3_blocking<T, T> {
  using Base = Eigen::internal::level3_blocking<T, T>;

 public:
  GemmBuffers(detail::Arena& arena, Index rows, Index cols, Index depth) {
    this->m_mc = std::max<Index>(rows, 1);
    this->m_nc = std::max<Index>(cols, 1);
    this->m_kc = std::max<Index>(depth, 1);
    Eigen::internal::computeProductBlockingSizes<T, T>(this->m_kc, this->m_mc, this->m_nc,
                                                       Index(1));
    this->m_blockA = arena.take<T>(this->m_kc * this->m_mc);
    this->m_blockB = arena.take<T>(this->m_kc * this->m_nc);
  }
};

/// c += alpha * a * op(b). The order of each sum depends on the buffers' sizes alone.
template <Op op, class T>
void gemm(T alpha, const View<const T>& a, const View<const T>& b, const View<T>& c,
          GemmBuffers<T>& buffers) {
  if (c.size() == 0 || a.cols == 0) return;
  using Kernel = Eigen::internal::general_matrix_matrix_product<
      Index, T, Eigen::ColMajor, false, T, op == Op::plain ? Eigen::ColMajor : Eigen::RowMajor,
      false, Eigen::ColMajor, 1>;
  Kernel::run(c.rows, c.cols, a.cols, a.data, a.stride, b.data, b.stride, c.data, 1, c.stride,
              alpha, buffers);
}

}  // namespace pion::engine
