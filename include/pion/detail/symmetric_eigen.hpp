// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Eigenvalues>

#include <pion/detail/traits.hpp>

namespace pion::detail {

/// The most rows of the small matrices that compression decomposes.
inline constexpr Index max_rank = 128;

/// A small square matrix of doubles that lives in its own storage, never on the heap.
using Small =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor, max_rank, max_rank>;
using SmallVector = Eigen::Matrix<double, Eigen::Dynamic, 1, Eigen::ColMajor, max_rank, 1>;

/// g = vectors diag(values) vectors^T, values descending; for symmetric g, a Small. A template so
/// that Eigen's solver is compiled by whoever compresses, not by whoever includes.
template <class Matrix>
struct SymmetricEigen {
  SmallVector values;
  Matrix vectors;

  explicit SymmetricEigen(const Matrix& g);
};
template <class Matrix>
SymmetricEigen(const Matrix&) -> SymmetricEigen<Matrix>;

template <class Matrix>
SymmetricEigen<Matrix>::SymmetricEigen(const Matrix& g) {
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(g);
  values = solver.eigenvalues().reverse();
  vectors = solver.eigenvectors().rowwise().reverse();
}

#ifdef PION_DECOMPOSITIONS_COMPILED
extern template struct SymmetricEigen<Small>;
#endif

}  // namespace pion::detail
