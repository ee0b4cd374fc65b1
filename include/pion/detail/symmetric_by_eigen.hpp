// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte, std::ptrdiff_t
#include <new>      // placement new

#include <Eigen/Eigenvalues>

#include <pion/detail/symmetric_eigen.hpp>

/// The definitions of symmetric_eigen.hpp, apart as that of decompose() (svd_by_eigen.hpp).
namespace pion::detail {

template <class T>
[[gnu::noinline]] void decompose_symmetric(std::ptrdiff_t n, const T* g, T* values, T* vectors,
                                           std::byte* memory) {
  using Solver = Eigen::SelfAdjointEigenSolver<
      Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor, max_rank, max_rank>>;
  static_assert(sizeof(Solver) <= small_solver_bytes && alignof(Solver) <= 64);
  auto* const solver = new (memory) Solver;
  solver->compute(Eigen::Map<const ColumnMajor<T>>(g, n, n));
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>>(values, n) = solver->eigenvalues().reverse();
  Eigen::Map<ColumnMajor<T>>(vectors, n, n) = solver->eigenvectors().rowwise().reverse();
  solver->~Solver();
}

template <class T>
[[gnu::noinline]] void symmetric_values(std::ptrdiff_t n, const T* g, T* values) {
  if (n == 0) return;
  const Eigen::SelfAdjointEigenSolver<ColumnMajor<T>> solver(
      Eigen::Map<const ColumnMajor<T>>(g, n, n), Eigen::EigenvaluesOnly);
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>>(values, n) = solver.eigenvalues();
}

template <class T>
[[gnu::noinline]] void symmetric_vectors(std::ptrdiff_t n, const T* g, T* values, T* vectors) {
  if (n == 0) return;
  const Eigen::SelfAdjointEigenSolver<ColumnMajor<T>> solver(
      Eigen::Map<const ColumnMajor<T>>(g, n, n));
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>>(values, n) = solver.eigenvalues();
  Eigen::Map<ColumnMajor<T>>(vectors, n, n) = solver.eigenvectors();
}

}  // namespace pion::detail
