// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::sqrt
#include <cstddef>    // std::size_t
#include <limits>
#include <vector>

#include <Eigen/Core>

#include <pion/detail/fork.hpp>  // Eigen has threads of OpenMP's
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

/// Writes the singular value decomposition x = u diag(sigma) v^T by Eigen's divide and conquer, or
/// where that has failed by Jacobi's rotations.
///
/// x is m x n, u m x k, v n x k with k = min(m, n), all column by column without gaps; sigma is
/// descending. Where u is null, only sigma is written. Only such bare memory goes in and out: the
/// function may be compiled in another file, with other flags, and a matrix that Eigen has
/// allocated there may not be freed here.
template <class T>
[[gnu::noinline]] void decompose(Index m, Index n, const T* x, T* u, T* sigma, T* v);

#ifdef PION_DECOMPOSITIONS_COMPILED  // in a file of the program's own, once
extern template void decompose(Index, Index, const float*, float*, float*, float*);
extern template void decompose(Index, Index, const double*, double*, double*, double*);
#endif

inline namespace PION_SETTINGS {

/// The singular value decomposition of a matrix with thin factors.
template <class T>
class ThinSvd {
  using Vector = OwnedVector<T>;

 public:
  template <class X>
  explicit ThinSvd(const Eigen::MatrixBase<X>& x)
      : m_(x.rows()),
        n_(x.cols()),
        k_((std::min)(m_, n_)),
        memory_(std::size_t((m_ + 1 + n_) * k_)) {
    const OwnedMatrix<T> given = x;
    T* const u = memory_.data();
    decompose(m_, n_, given.data(), u, u + m_ * k_, u + (m_ + 1) * k_);
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

template <class T, class X>
ThinSvd<T> thin_svd(const Eigen::MatrixBase<X>& x) {
  return ThinSvd<T>(x);
}

/// The singular values alone, descending.
template <class T, class X>
OwnedVector<T> singular_values(const Eigen::MatrixBase<X>& x) {
  const OwnedMatrix<T> given = x;
  OwnedVector<T> values((std::min)(x.rows(), x.cols()));
  decompose<T>(x.rows(), x.cols(), given.data(), nullptr, values.data(), nullptr);
  return values;
}

}  // namespace PION_SETTINGS
}  // namespace pion::detail

#ifndef PION_DECOMPOSITIONS_COMPILED
#include <pion/detail/svd_by_eigen.hpp>
#endif
