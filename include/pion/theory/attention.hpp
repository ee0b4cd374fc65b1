// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::sqrt

#include <Eigen/Core>

#include <pion/detail/traits.hpp>

/// How the norms of an attention head's weights bound what it does, forward and backward
/// (Fan et al. 2026, Prop. G.1). The head computes S = X W_Q (X W_K)^T / sqrt(d), A = softmax(S) by
/// rows, and adds A X W_V W_O to the layer's output Z; G is dL/dZ.
namespace pion::theory {

/// The norms of one head; spectral but where it says otherwise.
struct HeadNorms {
  /// ||W_Q||, ..., ||W_O||.
  double query = 0.0, key = 0.0, value = 0.0, output = 0.0;
  double attention = 0.0;           ///< ||A||, at most sqrt(rows of A).
  double input = 0.0;               ///< ||X||.
  double input_frobenius = 0.0;     ///< ||X||_F.
  double gradient_frobenius = 0.0;  ///< ||G||_F.
  Index head_size = 1;              ///< d.
};

/// Bounds of Frobenius norms.
struct HeadBounds {
  double contribution = 0.0;  ///< ||A X W_V W_O|| (A48).
  double d_output = 0.0;      ///< ||dL/dW_O|| (A49).
  double d_value = 0.0;       ///< ||dL/dW_V|| (A50).
  double d_query = 0.0;       ///< ||dL/dW_Q|| (A51).
  double d_key = 0.0;         ///< ||dL/dW_K|| (A52).
};

/// Computes the bounds of Prop. G.1, with 1/2 in place of the paper's 2 in (A51) and (A52): the
/// Jacobian of softmax, diag(p) - p p^T, has spectral norm at most max_i 2 p_i (1 - p_i) <= 1/2 by
/// Gershgorin.
inline HeadBounds head_bounds(const HeadNorms& n) {
  const double both = n.value * n.output * n.gradient_frobenius;
  const double softmax =
      0.5 * n.input * n.input * n.input / std::sqrt(static_cast<double>(n.head_size));
  return {n.attention * n.input_frobenius * n.value * n.output,
          n.attention * n.input * n.value * n.gradient_frobenius,
          n.attention * n.input * n.output * n.gradient_frobenius, softmax * n.key * both,
          softmax * n.query * both};
}

/// Computes beta = ||W_Q||_F ||W_K||_F / sqrt(d) (A47), d being the columns of W_Q: the logits are
/// beta X W X^T with ||W||_F <= 1, so that at fixed shape W larger norms make sharper attention.
template <class Q, class K>
double inverse_temperature(const Eigen::MatrixBase<Q>& query, const Eigen::MatrixBase<K>& key) {
  return query.template cast<double>().norm() * key.template cast<double>().norm() /
         std::sqrt(static_cast<double>(query.cols()));
}

}  // namespace pion::theory
