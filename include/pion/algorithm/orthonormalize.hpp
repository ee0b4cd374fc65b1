// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::sqrt
#include <limits>
#include <utility>  // std::swap

#include <pion/algorithm/small_matrices.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/view.hpp>

namespace pion::algorithm {

/// g <- its Cholesky factor L, in the lower half; the upper half stays. False where a pivot does
/// not exceed `least`, and then the lower half is left with no meaning.
inline bool cholesky(detail::Small g, double least) {
  const Index k = g.rows();
  for (Index j = 0; j < k; ++j) {
    if (!(g(j, j) > least)) return false;
    auto column = g.col(j).tail(k - j);
    column /= std::sqrt(g(j, j));
    for (Index l = j + 1; l < k; ++l) {
      g.col(l).tail(k - l) -= g(l, j) * g.col(j).tail(k - l);
    }
  }
  return true;
}

/// m <- L^-T for the L that cholesky() leaves.
inline void inverse_transposed(const detail::Small& l, detail::Small m) {
  m.setZero();
  for (Index j = 0; j < m.cols(); ++j) {
    m(j, j) = 1.0 / l(j, j);
    for (Index i = j; i-- > 0;) {
      const Index below = j - i;
      m(i, j) = -l.col(i).segment(i + 1, below).dot(m.col(j).segment(i + 1, below)) / l(i, i);
    }
  }
}

/// m <- the matrix M with (Y M)^T (Y M) = I, given g = Y^T Y (k x k, overwritten): from Cholesky's
/// factor, or where g is singular to working precision from its eigenvectors. M then has fewer
/// columns than Y: directions that only rounding has put into Y are dropped, and none is made up.
/// Returns the number of M's columns, the first of m's.
///
/// g is scaled to a unit diagonal first, so that columns may differ in size by any factor. `noise`
/// is the relative error of Y's entries.
template <class Eigen>
Index orthonormalizer(Eigen& eigen, detail::Small g, double noise, detail::Small m) {
  const Index k = g.rows();
  constexpr double least_square = (std::numeric_limits<double>::min)();
  detail::SmallVector d = g.diagonal();
  d = (d.array() > least_square).select(d.cwiseSqrt().cwiseInverse(), 0.0);
  g.array().colwise() *= d.array();
  g.array().rowwise() *= d.transpose().array();
  const detail::SmallVector diagonal = g.diagonal();
  // A pivot is the squared sine of a column's angle to those before it.
  constexpr double clear_of_rounding = 1e-10;
  if (cholesky(g, clear_of_rounding)) {
    inverse_transposed(g, m);
    m.array().colwise() *= d.array();
    return k;
  }
  g.diagonal() = diagonal;
  for (Index j = 0; j < k; ++j) {
    for (Index i = j + 1; i < k; ++i) g(i, j) = g(j, i);
  }
  eigen.compute(g);
  const detail::SmallVector values = eigen.values();
  // Rounding in g's own sums makes eigenvalues of some 2 epsilon k, however long the sums.
  constexpr double own_rounding = 8.0 * std::numeric_limits<double>::epsilon();
  const double floor = noise * noise * static_cast<double>(k * k) * values(0) +
                       own_rounding * static_cast<double>(k);
  const Index rank = (values.array() > floor).count();
  detail::Small some(m.data(), k, rank);
  eigen.leading_vectors(some);
  some.array().colwise() *= d.array();
  some.array().rowwise() /= values.head(rank).cwiseSqrt().transpose().array();
  return rank;
}

/// y <- an orthonormal basis of the columns of y, m x k, with m >= k: CholeskyQR, twice, because
/// once leaves an error that grows with the condition of y (Yamamoto et al. 2015). Where the
/// columns depend on each other (Stathopoulos and Wu 2002) the basis has fewer; their number is
/// y.cols on return. `other` has y's shape; the views may trade memory.
/// Cost: 4 m k^2 multiply-adds, half of them in double.
template <class Kernels, class T>
void orthonormalize(const Kernels& kernels, const SmallMatrices& small_matrices, engine::View<T>& y,
                    engine::View<T>& other) {
  const auto noise = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (int round = 0; round < 2 && y.cols > 0; ++round) {
    const detail::Small g = small_matrices.at(0, y.cols, y.cols),
                        m = small_matrices.at(1, y.cols, y.cols);
    kernels.gram(y, g);
    other.cols = orthonormalizer(small_matrices.eigen(), g, noise, m);
    kernels.multiply(y, small_matrices.at(1, y.cols, other.cols), other);
    std::swap(y, other);
  }
}

}  // namespace pion::algorithm
