// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/parameter.hpp"

/// Losses over a batch, one sample a column, and their derivatives in the prediction.
namespace pion::network {

template <class T>
struct Loss {
  double value = 0.0;
  Matrix<T> derivative;
};

/// The mean over samples of ||prediction - target||_1 (Fan et al. 2026, A1).
template <class T>
Loss<T> l1_loss(const Matrix<T>& prediction, const Matrix<T>& target) {
  const Matrix<T> away = prediction - target;
  const T part = T(1) / static_cast<T>(away.cols());
  return {static_cast<double>(away.cwiseAbs().sum() * part), part * away.cwiseSign()};
}

/// The mean over samples of ||prediction - target||_2^2 (the inner part of A2).
template <class T>
Loss<T> squared_loss(const Matrix<T>& prediction, const Matrix<T>& target) {
  const Matrix<T> away = prediction - target;
  const T part = T(1) / static_cast<T>(away.cols());
  return {static_cast<double>(away.squaredNorm() * part), T(2) * part * away};
}

/// log softmax of every column.
template <class T>
Matrix<T> log_softmax(const Matrix<T>& logits) {
  const Matrix<T> shifted = logits.rowwise() - logits.colwise().maxCoeff();
  const Eigen::Matrix<T, 1, Eigen::Dynamic> sums =
      shifted.array().exp().colwise().sum().log().matrix();
  return shifted.rowwise() - sums;
}

}  // namespace pion::network
