// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::sqrt
#include <string>

#include <pion/algorithm/svd.hpp>
#include <pion/apply.hpp>
#include <pion/detail/svd.hpp>

namespace pion {

/// LRMuon's direction (Fan et al. 2026, Alg. 1): y = U_k V_k^T, the polar factor of the k largest
/// singular triplets of x, by a full SVD. k_eff = min(k, numerical rank) of them are used, where
/// the numerical rank counts singular values above max(m, n) eps sigma_1.
///
/// x and y as in apply(). The info has method svd, rank and survivors k_eff, and the output norm
/// sqrt(k_eff). Cost: that of the SVD; allocates.
/// \throws std::invalid_argument if k < 1 or y's shape is not x's; std::domain_error if an entry
///         of x is NaN or infinite. y is then untouched.
template <class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo low_rank_polar(const Eigen::MatrixBase<X>& x, Index k, Y&& y) {
  constexpr const char* here = "low_rank_polar";
  detail::require_writable<Y>();
  detail::require_same_shape(here, x, y);
  if (k < 1) {
    detail::refuse_argument("low_rank_polar: the rank " + std::to_string(k) + " is not positive");
  }
  using T = detail::compute_t<typename X::Scalar>;
  detail::Dense<T> work(std::min(x.rows(), x.cols()), std::max(x.rows(), x.cols()));
  const engine::View<T> inside(work.data(), work.rows(), work.cols());
  const double largest = detail::load(here, x, inside);

  ApplyInfo info;
  info.method = Method::svd;
  info.survivors = 0;
  if (largest > 0.0) {
    detail::scale_to_one(largest, inside);
    const auto factors = detail::thin_svd<T>(work);
    const Index rank =
        algorithm::numerical_rank(factors.singularValues(), work.rows(), work.cols());
    info.rank = std::min(k, rank);
    info.survivors = info.rank;
    work.noalias() =
        factors.matrixU().leftCols(info.rank) * factors.matrixV().leftCols(info.rank).transpose();
    info.output_norm = std::sqrt(static_cast<double>(info.rank));
  }
  detail::store(inside, y);
  return info;
}

/// The same, returning the matrix.
template <class X>
auto low_rank_polar(const Eigen::MatrixBase<X>& x, Index k) {
  typename X::PlainObject y(x.rows(), x.cols());
  low_rank_polar(x, k, y);
  return y;
}

}  // namespace pion
