// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::sqrt
#include <limits>
#include <utility>  // std::swap

#include <Eigen/Cholesky>

#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/view.hpp>

namespace pion::algorithm {

/// The matrix M with (Y M)^T (Y M) = I, given g = Y^T Y: from Cholesky's factor, or where g is
/// singular to working precision from its eigenvectors, and then M has fewer columns: directions
/// that only rounding has put into Y are dropped, and none is made up.
///
/// g is scaled to a unit diagonal first, so that columns may differ in size by any factor. `noise`
/// is the relative error of Y's entries.
template <class Matrix>
Matrix orthonormalizer(Matrix g, double noise) {
  const Index k = g.rows();
  constexpr double least_square = (std::numeric_limits<double>::min)();
  detail::SmallVector d = g.diagonal();
  d = (d.array() > least_square).select(d.cwiseSqrt().cwiseInverse(), 0.0);
  g = d.asDiagonal() * g * d.asDiagonal();
  const Eigen::LLT<Matrix> cholesky(g);
  // A pivot is the squared sine of a column's angle to those before it.
  constexpr double clear_of_rounding = 1e-10;
  if (cholesky.info() == Eigen::Success &&
      detail::SmallVector(cholesky.matrixLLT().diagonal()).minCoeff() >
          std::sqrt(clear_of_rounding)) {
    Matrix m = Matrix::Identity(k, k);
    cholesky.matrixU().template solveInPlace<Eigen::OnTheLeft>(m);
    return d.asDiagonal() * m;
  }
  const detail::SymmetricEigen eigen(g);
  // Rounding in g's own sums makes eigenvalues of some 2 epsilon k, however long the sums.
  constexpr double own_rounding = 8.0 * std::numeric_limits<double>::epsilon();
  const double floor = noise * noise * static_cast<double>(k * k) * eigen.values(0) +
                       own_rounding * static_cast<double>(k);
  const Index rank = (eigen.values.array() > floor).count();
  return d.asDiagonal() * eigen.vectors.leftCols(rank) *
         eigen.values.head(rank).cwiseSqrt().cwiseInverse().asDiagonal();
}

#ifdef PION_DECOMPOSITIONS_COMPILED
extern template detail::Small orthonormalizer(detail::Small, double);
#endif

/// y <- an orthonormal basis of the columns of y, m x k, with m >= k: CholeskyQR, twice, because
/// once leaves an error that grows with the condition of y (Yamamoto et al. 2015). Where the
/// columns depend on each other (Stathopoulos and Wu 2002) the basis has fewer; their number is
/// y.cols on return. `other` has y's shape; the views may trade memory.
/// Cost: 4 m k^2 multiply-adds, half of them in double.
template <class Kernels, class T>
void orthonormalize(const Kernels& kernels, engine::View<T>& y, engine::View<T>& other) {
  const auto noise = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (int round = 0; round < 2 && y.cols > 0; ++round) {
    const detail::Small m = orthonormalizer(kernels.gram(y), noise);
    other.cols = m.cols();
    kernels.multiply(y, m, other);
    std::swap(y, other);
  }
}

}  // namespace pion::algorithm
