// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <random>

#include <Eigen/Core>

namespace bench {

using Eigen::Index;
template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// A matrix whose singular values fall about like 1 / i, as a momentum's do.
template <class T>
Matrix<T> momentum(Index rows, Index cols) {
  std::mt19937_64 random(1);
  std::normal_distribution<float> gauss;
  const auto draw = [&](Index r, Index c) -> Matrix<T> {
    return Matrix<T>::NullaryExpr(r, c, [&] { return static_cast<T>(gauss(random)); });
  };
  const Index k = std::min<Index>({rows, cols, 512});
  Matrix<T> left = draw(rows, k);
  for (Index i = 0; i < k; ++i) left.col(i) /= static_cast<T>(i + 1);
  return left * draw(k, cols) + T(1e-3) * draw(rows, cols);
}

}  // namespace bench
