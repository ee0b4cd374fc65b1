// SPDX-License-Identifier: Apache-2.0
#pragma once

// Matrices in double of which the singular value decomposition is known, because it came first.

#include <limits>
#include <random>

#include <Eigen/QR>

#include <pion/filter/chain.hpp>

namespace known {

using pion::Index;
using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

template <class T>
double unit_roundoff() {
  return 0.5 * static_cast<double>(std::numeric_limits<T>::epsilon());
}

inline Matrix gaussian(Index rows, Index cols, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(rows, cols, [&] { return normal(random); });
}

inline Matrix orthonormal(Index rows, Index cols, std::mt19937_64& random) {
  const Eigen::HouseholderQR<Matrix> qr(gaussian(rows, cols, random));
  return qr.householderQ() * Matrix::Identity(rows, cols);
}

/// A matrix with singular values that are known, and so its exact filtered forms.
struct Known {
  Matrix u, v;
  Vector sigma;  // of Frobenius norm 1

  Known(Index rows, Index cols, Vector s, std::mt19937_64& random)
      : u(orthonormal(rows, s.size(), random)), v(orthonormal(cols, s.size(), random)) {
    sigma = s / s.norm();
  }
  Matrix matrix() const { return u * sigma.asDiagonal() * v.transpose(); }
  Matrix polar(Index k) const { return u.leftCols(k) * v.leftCols(k).transpose(); }
  Matrix filtered(const pion::Chain& f) const {
    return u * sigma.unaryExpr([&f](double s) { return f(s); }).asDiagonal() * v.transpose();
  }
};

}  // namespace known
