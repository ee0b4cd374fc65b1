// SPDX-License-Identifier: Apache-2.0
#pragma once

// Matrices in double of which the singular value decomposition is known, because it came first.

#include <limits>
#include <random>

#include <Eigen/Core>

#include <pion/detail/traits.hpp>
#include <pion/filter/chain.hpp>

namespace known {

using pion::Index;
using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

template <class T>
double unit_roundoff() {
  return 0.5 * static_cast<double>(std::numeric_limits<T>::epsilon());
}

Matrix gaussian(Index rows, Index cols, std::mt19937_64& random);
Matrix orthonormal(Index rows, Index cols, std::mt19937_64& random);

/// A matrix with singular values that are known, and so its exact filtered forms.
struct Known {
  Matrix u, v;
  Vector sigma;  // of Frobenius norm 1

  Known(Index rows, Index cols, const Vector& s, std::mt19937_64& random);
  Matrix matrix() const;
  Matrix polar(Index k) const;
  Matrix filtered(const pion::Chain& f) const;
};

}  // namespace known
