// SPDX-License-Identifier: Apache-2.0
#include "support/reference.hpp"

#include <Eigen/SVD>

namespace reference {

Svd svd(const Matrix& x) {
  if (x.size() == 0) return {Matrix(x.rows(), 0), Matrix(x.cols(), 0), Vector(0)};
#if EIGEN_VERSION_AT_LEAST(3, 4, 90)
  const Eigen::JacobiSVD<Matrix, Eigen::ComputeThinU | Eigen::ComputeThinV> s(x);
#else
  const Eigen::JacobiSVD<Matrix> s(x, Eigen::ComputeThinU | Eigen::ComputeThinV);
#endif
  return {s.matrixU(), s.matrixV(), s.singularValues()};
}

}  // namespace reference
