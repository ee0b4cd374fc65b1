// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::fabs
#include <limits>

#include <pion/detail/svd.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
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

/// x <- U_k diag(gains) V_k^T, k being the number of gains. Allocates.
template <class T, class Gains>
void recompose(const detail::ThinSvd<T>& factors, const Gains& gains, const engine::View<T>& x) {
  const Index k = gains.size();
  const detail::OwnedMatrix<T> left = factors.matrixU().leftCols(k) * gains.asDiagonal();
  const engine::View<const T> u(left.data(), x.rows, k), v(factors.matrixV().data(), x.cols, k);
  Workspace memory;
  const auto buffers = detail::laid_out<engine::GemmBuffers<T>>(memory, x.rows, x.cols, k);
  engine::gemm<engine::Op::plain, engine::Op::transposed>(T(1), u, v, x, buffers,
                                                          engine::Write::overwrite);
}

/// x <- U f(S) V^T from the singular value decomposition; f is evaluated in double.
template <class T>
SvdOutcome svd(const Chain& f, const engine::View<T>& x, double survivor_threshold) {
  const auto factors = detail::thin_svd<T>(engine::as_eigen(x));
  const auto& sigma = factors.singularValues();
  SvdOutcome outcome;
  outcome.rank = numerical_rank(sigma, x.rows, x.cols);
  detail::OwnedVector<T> gain(sigma.size());
  for (Index i = 0; i < sigma.size(); ++i) {
    const double value = f(static_cast<double>(sigma(i)));
    gain(i) = static_cast<T>(value);
    if (std::fabs(value) > survivor_threshold) ++outcome.survivors;
  }
  recompose(factors, gain, x);
  return outcome;
}

}  // namespace pion::algorithm
