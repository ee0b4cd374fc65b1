// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::fabs
#include <limits>

#include <pion/detail/svd.hpp>
#include <pion/engine/view.hpp>
#include <pion/filter/chain.hpp>

/// The reference: what the other algorithms avoid. Host memory only; allocates.
namespace pion::algorithm {

/// What an SVD has found.
struct SvdOutcome {
  Index rank = 0;       ///< Singular values above max(m, n) eps sigma_1.
  Index survivors = 0;  ///< Singular values whose gain exceeds the threshold.
};

/// The number of singular values that rounding cannot have made of 0.
template <class Values>
Index numerical_rank(const Values& descending, Index rows, Index cols) {
  using T = typename Values::Scalar;
  if (descending.size() == 0) return 0;
  const T tolerance =
      static_cast<T>((std::max)(rows, cols)) * std::numeric_limits<T>::epsilon() * descending(0);
  return (descending.array() > tolerance).count();
}

/// x <- U f(S) V^T from the singular value decomposition; f is evaluated in double.
template <class T>
SvdOutcome svd(const Chain& f, const engine::View<T>& x, double survivor_threshold) {
  const auto factors = detail::thin_svd<T>(engine::as_eigen(x));
  const auto& sigma = factors.singularValues();
  SvdOutcome outcome;
  outcome.rank = numerical_rank(sigma, x.rows, x.cols);
  Eigen::Matrix<T, Eigen::Dynamic, 1> gain(sigma.size());
  for (Index i = 0; i < sigma.size(); ++i) {
    const double value = f(static_cast<double>(sigma(i)));
    gain(i) = static_cast<T>(value);
    if (std::fabs(value) > survivor_threshold) ++outcome.survivors;
  }
  engine::as_eigen(x).noalias() =
      factors.matrixU() * gain.asDiagonal() * factors.matrixV().transpose();
  return outcome;
}

}  // namespace pion::algorithm
