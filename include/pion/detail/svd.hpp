// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::abs, std::sqrt
#include <cstddef>    // std::size_t
#include <limits>
#include <vector>

#include <Eigen/SVD>

#include <pion/detail/settings.hpp>
#include <pion/detail/traits.hpp>

namespace pion::detail {

/// The rounding that a decomposition of m x n may have, relative to the matrix. It is far below
/// the error that Eigen 3.4's divide and conquer makes where it goes wrong, as it does for some
/// matrices with equal singular values.
template <class T>
T decomposition_rounding(Index m, Index n) {
  return T(32) * std::sqrt(static_cast<T>(m + n)) * std::numeric_limits<T>::epsilon();
}

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

/// Writes the singular value decomposition x = u diag(sigma) v^T by Eigen's divide and conquer, or
/// where that has failed by Jacobi's rotations.
///
/// x is m x n, u m x k, v n x k with k = min(m, n), all column by column without gaps; sigma is
/// descending. Where u is null, only sigma is written. Only such bare memory goes in and out: the
/// function may be compiled in another file, with other flags, and a matrix that Eigen has
/// allocated there may not be freed here.
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

#ifdef PION_DECOMPOSITIONS_COMPILED  // in a file of the program's own, once
extern template void decompose(Index, Index, const float*, float*, float*, float*);
extern template void decompose(Index, Index, const double*, double*, double*, double*);
#endif

inline namespace PION_SETTINGS {

/// The singular value decomposition of a matrix with thin factors.
template <class T>
class ThinSvd {
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

 public:
  explicit ThinSvd(const ColumnMajor<T>& x)
      : m_(x.rows()),
        n_(x.cols()),
        k_((std::min)(m_, n_)),
        memory_(std::size_t((m_ + 1 + n_) * k_)) {
    T* const u = memory_.data();
    decompose(m_, n_, x.data(), u, u + m_ * k_, u + (m_ + 1) * k_);
  }

  auto matrixU() const { return Eigen::Map<const ColumnMajor<T>>(memory_.data(), m_, k_); }
  auto singularValues() const { return Eigen::Map<const Vector>(memory_.data() + m_ * k_, k_); }
  auto matrixV() const {
    return Eigen::Map<const ColumnMajor<T>>(memory_.data() + (m_ + 1) * k_, n_, k_);
  }

 private:
  Index m_, n_, k_;
  std::vector<T> memory_;  // u, sigma, v
};

template <class T>
ThinSvd<T> thin_svd(const ColumnMajor<T>& x) {
  return ThinSvd<T>(x);
}

/// The singular values alone, descending.
template <class T>
Eigen::Matrix<T, Eigen::Dynamic, 1> singular_values(const ColumnMajor<T>& x) {
  Eigen::Matrix<T, Eigen::Dynamic, 1> values((std::min)(x.rows(), x.cols()));
  decompose<T>(x.rows(), x.cols(), x.data(), nullptr, values.data(), nullptr);
  return values;
}

}  // namespace PION_SETTINGS
}  // namespace pion::detail
