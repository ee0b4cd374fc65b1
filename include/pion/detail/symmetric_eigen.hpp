// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Eigenvalues>

#include <pion/detail/settings.hpp>
#include <pion/detail/traits.hpp>

namespace pion::detail {

/// The most rows of the small matrices that compression decomposes.
inline constexpr Index max_rank = 128;

/// A matrix that lives in its own storage, of which Eigen assumes no alignment: a function over it
/// means the same in files that are compiled for vectors of different widths.
template <class T, int cols>
using Stored = Eigen::Matrix<T, Eigen::Dynamic, cols, Eigen::ColMajor | Eigen::DontAlign, max_rank,
                             cols == 1 ? 1 : max_rank>;

/// The same, begun at a cache line wherever it is: so sums over it are grouped alike in every call.
template <class Matrix>
struct alignas(64) Aligned : Matrix {
  using Matrix::Matrix;
  using Matrix::operator=;
};

/// A small square matrix of doubles, never on the heap, and a vector.
using Small = Aligned<Stored<double, Eigen::Dynamic>>;
using SmallVector = Aligned<Stored<double, 1>>;

/// Writes the decomposition g = vectors diag(values) vectors^T of a symmetric matrix, values
/// descending.
///
/// g and vectors are n x n with n <= max_rank, column by column without gaps. Only such bare memory
/// goes in and out: the function may be compiled in another file, with other flags, and it is never
/// a part of its caller, so that all of it comes from one file. A template, so that Eigen's solver is
/// compiled by whoever compresses, not by whoever includes.
template <class T>
[[gnu::noinline]] void decompose_symmetric(Index n, const T* g, T* values, T* vectors) {
  const Eigen::Map<const ColumnMajor<T>> given(g, n, n);
  using Matrix =
      Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor, max_rank, max_rank>;
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(given);
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>>(values, n) = solver.eigenvalues().reverse();
  Eigen::Map<ColumnMajor<T>>(vectors, n, n) = solver.eigenvectors().rowwise().reverse();
}

#ifdef PION_DECOMPOSITIONS_COMPILED
extern template void decompose_symmetric(Index, const double*, double*, double*);
#endif

inline namespace PION_SETTINGS {

/// g = vectors diag(values) vectors^T, values descending; for symmetric g, a Small.
template <class Matrix>
struct SymmetricEigen {
  SmallVector values;
  Matrix vectors;

  explicit SymmetricEigen(const Matrix& g) : values(g.rows()), vectors(g.rows(), g.rows()) {
    decompose_symmetric(g.rows(), g.data(), values.data(), vectors.data());
  }
};

}  // namespace PION_SETTINGS
}  // namespace pion::detail
