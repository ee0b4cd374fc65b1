// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::abs

#include <Eigen/SVD>

#include <pion/detail/svd.hpp>

/// The definition of decompose(). It is apart because Eigen's SVD takes seconds to compile: where
/// it is compiled elsewhere (PION_DECOMPOSITIONS_COMPILED), nobody reads it.
namespace pion::detail {

/// Writes the singular values of x, descending: by Jacobi's rotations up to 64 of them, beyond by
/// divide and conquer, and by rotations again where the sum of the squares is not ||x||_F^2. (In
/// that sum, errors of equal size and opposite sign cancel to first order: errors below about
/// sqrt(rounding) ||x||_F, 1e-6 in double, may stay.)
template <class T>
void write_singular_values(const Eigen::Map<const ColumnMajor<T>>& x, T* sigma) {
  constexpr Index quick = 64;  // by rotations
  const Index k = (std::min)(x.rows(), x.cols());
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>> values(sigma, k);
  if (k > quick) {
    values = Eigen::BDCSVD<ColumnMajor<T>>(x).singularValues();
    const T norm = x.stableNorm(), rounding = decomposition_rounding<T>(x.rows(), x.cols());
    if (std::abs(values.stableNorm() - norm) <= rounding * norm) return;
  }
  values = Eigen::JacobiSVD<ColumnMajor<T>>(x).singularValues();
}

/// Whether u diag(sigma) v^T is x but for rounding.
template <class T>
bool is_decomposition(const Eigen::Map<const ColumnMajor<T>>& x,
                      const Eigen::Map<ColumnMajor<T>>& u,
                      const Eigen::Matrix<T, Eigen::Dynamic, 1>& sigma,
                      const Eigen::Map<ColumnMajor<T>>& v) {
  ColumnMajor<T> rest = x;
  rest.noalias() -= u * sigma.asDiagonal() * v.transpose();
  return rest.stableNorm() <= decomposition_rounding<T>(x.rows(), x.cols()) * x.stableNorm();
}

template <class T>
[[gnu::noinline]] void decompose(Index m, Index n, const T* x, T* u, T* sigma, T* v) {
  using Matrix = ColumnMajor<T>;
  const Eigen::Map<const Matrix> given(x, m, n);
  if (m == 0 || n == 0) return;
  if (u == nullptr) return write_singular_values<T>(given, sigma);
  const Index k = (std::min)(m, n);
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>> values(sigma, k);
  Eigen::Map<Matrix> left(u, m, k), right(v, n, k);
  const auto write = [&](const auto& svd) {
    values = svd.singularValues();
    left = svd.matrixU();
    right = svd.matrixV();
  };
#if EIGEN_VERSION_AT_LEAST(3, 4, 90)  // since when the options are template arguments
  constexpr int thin = Eigen::ComputeThinU | Eigen::ComputeThinV;
  write(Eigen::BDCSVD<Matrix, thin>(given));
  if (!is_decomposition<T>(given, left, values, right)) {
    write(Eigen::JacobiSVD<Matrix, thin | Eigen::ColPivHouseholderQRPreconditioner>(given));
  }
#else
  constexpr unsigned thin = Eigen::ComputeThinU | Eigen::ComputeThinV;
  write(Eigen::BDCSVD<Matrix>(given, thin));
  if (!is_decomposition<T>(given, left, values, right)) {
    write(Eigen::JacobiSVD<Matrix>(given, thin));
  }
#endif
}

}  // namespace pion::detail
