// SPDX-License-Identifier: Apache-2.0
#include "support/known.hpp"

#include <Eigen/QR>

namespace known {

Matrix gaussian(Index rows, Index cols, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(rows, cols, [&] { return normal(random); });
}

Matrix orthonormal(Index rows, Index cols, std::mt19937_64& random) {
  const Eigen::HouseholderQR<Matrix> qr(gaussian(rows, cols, random));
  return qr.householderQ() * Matrix::Identity(rows, cols);
}

Known::Known(Index rows, Index cols, const Vector& s, std::mt19937_64& random)
    : u(orthonormal(rows, s.size(), random)),
      v(orthonormal(cols, s.size(), random)),
      sigma(s / s.norm()) {}

Matrix Known::matrix() const { return u * sigma.asDiagonal() * v.transpose(); }

Matrix Known::polar(Index k) const { return u.leftCols(k) * v.leftCols(k).transpose(); }

Matrix Known::filtered(const pion::Chain& f) const {
  return u * sigma.unaryExpr([&f](double s) { return f(s); }).asDiagonal() * v.transpose();
}

}  // namespace known
