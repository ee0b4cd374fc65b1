// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Eigenvalues>

#include <pion/detail/traits.hpp>

namespace pion::detail {

/// The most rows of the small matrices that compression decomposes.
inline constexpr Index max_rank = 128;

/// A small matrix: at most max_rank rows and columns of doubles, column-major and without gaps, in
/// memory that somebody else keeps. (On the stack one alone would take 128 KB.) Copying a Small
/// copies the reference; assigning to one copies the numbers.
using Small = Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>>;

/// As many numbers as a small matrix has rows; these live in the object, 1 KB.
using SmallVector = Eigen::Matrix<double, Eigen::Dynamic, 1, Eigen::ColMajor, max_rank, 1>;

/// What SymmetricEigen keeps in itself, so that Eigen's solver does not allocate.
using SmallStorage =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor, max_rank, max_rank>;

/// Decomposes small symmetric matrices, g = vectors diag(values) vectors^T. The object is larger
/// than 128 KB: it belongs in a workspace (algorithm/small_matrices.hpp), not on the stack. A
/// template so that Eigen's solver is compiled by whoever compresses, not by whoever includes.
template <class Matrix>
class SymmetricEigen {
 public:
  void compute(const Small& g);

  /// The eigenvalues, descending.
  SmallVector values() const { return solver_.eigenvalues().reverse(); }

  /// to <- the eigenvectors of the first eigenvalues, one for each column of `to`.
  void leading_vectors(Small to) const {
    to = solver_.eigenvectors().rowwise().reverse().leftCols(to.cols());
  }

 private:
  Eigen::SelfAdjointEigenSolver<Matrix> solver_;
};
template <class Matrix>
SymmetricEigen(const Matrix&) -> SymmetricEigen<Matrix>;

template <class Matrix>
void SymmetricEigen<Matrix>::compute(const Small& g) {
  solver_.compute(g);
}

#ifdef PION_DECOMPOSITIONS_COMPILED
extern template void SymmetricEigen<SmallStorage>::compute(const Small& g);
#endif

}  // namespace pion::detail
