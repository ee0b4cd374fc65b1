// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::copy_n
#include <cstddef>    // std::byte, std::ptrdiff_t, std::size_t

#include <Eigen/Core>

#include <pion/detail/fork.hpp>  // Eigen has threads of OpenMP's
#include <pion/detail/settings.hpp>
#include <pion/detail/traits.hpp>

namespace pion::detail {

/// The most rows of the small matrices that compression decomposes.
inline constexpr Index max_rank = 128;

inline namespace PION_SETTINGS {

/// A small matrix: at most max_rank rows and columns of doubles, column-major and without gaps, in
/// memory that somebody else keeps. (On the stack one alone would take 128 KB.) Copying a Small
/// copies the reference; assigning to one copies the numbers.
using Small = Eigen::Map<ColumnMajor<double>, Eigen::Unaligned, NoGaps>;

/// As many numbers as a small matrix has rows; these live in the object, 1 KB. The room is a little
/// larger where Eigen aligns more, so that a vector of another layout is of another type.
using SmallVector = Eigen::Matrix<double, Eigen::Dynamic, 1, Eigen::ColMajor,
                                  int(max_rank) + PION_SETTINGS_STATIC_ALIGNMENT / 8, 1>;

}  // namespace PION_SETTINGS

/// The bytes that Eigen's solver of such a matrix takes, under any setting.
inline constexpr std::size_t small_solver_bytes = sizeof(double) * max_rank * (max_rank + 8);

/// Writes the decomposition g = vectors diag(values) vectors^T of a symmetric matrix, values
/// descending, without allocation.
///
/// g and vectors are n x n with n <= max_rank, column by column without gaps. `memory` has
/// small_solver_bytes and begins at a multiple of 64. Only such bare memory goes in and out: the
/// function may be compiled in another file, with other flags, and the compiler never makes it
/// part of its caller, so that all of it comes from one file. A template of T = double, so that
/// Eigen's solver is compiled by whoever compresses, not by whoever includes.
template <class T>
[[gnu::noinline]] void decompose_symmetric(std::ptrdiff_t n, const T* g, T* values, T* vectors,
                                           std::byte* memory);

/// Writes the eigenvalues of a symmetric matrix of any size, ascending; g is n x n as above. Takes
/// as much memory as g again, on one thread.
template <class T>
[[gnu::noinline]] void symmetric_values(std::ptrdiff_t n, const T* g, T* values);

/// The same with the eigenvectors, one a column of the n x n matrix `vectors`.
template <class T>
[[gnu::noinline]] void symmetric_vectors(std::ptrdiff_t n, const T* g, T* values, T* vectors);

#ifdef PION_DECOMPOSITIONS_COMPILED
extern template void decompose_symmetric(std::ptrdiff_t, const double*, double*, double*,
                                         std::byte*);
extern template void symmetric_values(std::ptrdiff_t, const double*, double*);
extern template void symmetric_vectors(std::ptrdiff_t, const double*, double*, double*);
#endif

inline namespace PION_SETTINGS {

/// Decomposes small symmetric matrices, g = vectors diag(values) vectors^T. The object is larger
/// than 256 KB: it belongs in a workspace (algorithm/small_matrices.hpp), not on the stack.
template <class T>
class SymmetricEigen {
 public:
  void compute(const Small& g) {
    size_ = g.rows();
    decompose_symmetric<T>(size_, g.data(), values_, vectors_, memory_);
  }

  /// The eigenvalues, descending.
  SmallVector values() const {
    return Eigen::Map<const Eigen::VectorXd, Eigen::Unaligned, NoGaps>(values_, size_);
  }

  /// to <- the eigenvectors of the first eigenvalues, one for each column of `to`.
  void leading_vectors(Small to) const { std::copy_n(vectors_, to.size(), to.data()); }

 private:
  alignas(64) std::byte memory_[small_solver_bytes];
  T values_[max_rank], vectors_[max_rank * max_rank];
  Index size_ = 0;
};

}  // namespace PION_SETTINGS
}  // namespace pion::detail

#ifndef PION_DECOMPOSITIONS_COMPILED
#include <pion/detail/symmetric_by_eigen.hpp>
#endif
