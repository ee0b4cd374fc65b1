// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>  // std::byte, std::size_t
#include <new>      // placement new

#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::algorithm {

/// The host memory in which the low-rank method works on small matrices
/// (detail/symmetric_eigen.hpp): some of them, the eigensolver, and the packing buffers of their
/// products. Nothing here allocates or takes more than a few kilobytes of stack.
class SmallMatrices {
 public:
  using Eigen = detail::SymmetricEigen<double>;  ///< What decomposes them.

  /// For matrices of up to `most` rows and columns.
  SmallMatrices(detail::Arena& arena, Index most) : buffers_(arena, most, most, most) {
    for (double*& one : memory_) one = arena.take<double>(most * most);
    eigen_ = arena.take<Eigen>(1);
    if (eigen_ != nullptr) new (eigen_) Eigen;
  }

  /// The bytes that a SmallMatrices takes.
  static Index bytes(Index most) {
    detail::Arena counting;
    SmallMatrices(counting, most);
    return static_cast<Index>(counting.used());
  }

  /// One of the five matrices, i = 0 to 4, as rows x cols; what it holds is left as it is.
  detail::Small at(std::size_t i, Index rows, Index cols) const { return {memory_[i], rows, cols}; }

  Eigen& eigen() const { return *eigen_; }  ///< The eigensolver.

  /// c = op_a(a) op_b(b), of fitting shapes; c is neither a nor b.
  template <engine::Op op_a = engine::Op::plain, engine::Op op_b = engine::Op::plain>
  void multiply(const detail::Small& a, const detail::Small& b, detail::Small c) const {
    using View = engine::View<const double>;
    engine::gemm<op_a, op_b>(
        1.0, View(a.data(), a.rows(), a.cols()), View(b.data(), b.rows(), b.cols()),
        engine::View<double>(c.data(), c.rows(), c.cols()), buffers_, engine::Write::overwrite);
  }

 private:
  engine::GemmBuffers<double> buffers_;
  std::array<double*, 5> memory_{};
  Eigen* eigen_ = nullptr;
};

}  // namespace pion::algorithm
