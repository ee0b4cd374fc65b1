// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::sqrt

#include <pion/algorithm/small_matrices.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/view.hpp>

namespace pion::algorithm {

/// Bounds how far the first columns of a computed basis W = Y C are from orthonormal, for each
/// number of columns at once. (Its layout follows the compiler's flags, which are in the name of
/// Kernels.)
template <class Kernels>
class BasisErrors {
 public:
  /// \param g  Y^T Y, k x k.
  /// \param c  C, k x columns.
  /// \param basis  W, where the kernels work; looked at only where the rounding of g may matter.
  /// \param rounding  of a product of Y's columns, relative to their norms.
  /// \param product  columns x columns, overwritten, as is the fourth small matrix.
  template <class Basis>
  void measure(const Kernels& kernels, const SmallMatrices& small_matrices, const detail::Small& g,
               const detail::Small& c, const Basis& basis, double rounding, detail::Small product) {
    using Op = engine::Op;
    const Index columns = c.cols();
    growth_.resize(columns);
    double sum = 0.0;
    for (Index j = 0; j < columns; ++j) {
      sum += g.diagonal().dot(c.col(j).cwiseAbs2());
      growth_(j) = sum;
    }
    constexpr double harmless = 1e-9;
    const bool known = rounding * sum <= harmless;
    if (known) {
      const detail::Small image = small_matrices.at(4, c.rows(), columns);
      small_matrices.multiply(g, c, image);
      small_matrices.multiply<Op::transposed, Op::plain>(c, image, product);
    } else {
      kernels.gram(basis, product);
    }
    errors_.resize(columns);
    double squares = 0.0;
    for (Index j = 0; j < columns; ++j) {
      const double diagonal = product(j, j) - 1.0;
      squares += diagonal * diagonal + 2.0 * product.col(j).head(j).squaredNorm();
      errors_(j) = std::sqrt(squares) + (known ? rounding * growth_(j) : 0.0);
    }
  }

  /// A bound of ||W^T W - I||_F of the first `count` columns.
  double error(Index count) const { return last(errors_, count); }

  /// The sum of |Y's columns|^2 c^2 over the first `count` columns c of C: how far larger the
  /// columns are that W is combined from.
  double growth(Index count) const { return last(growth_, count); }

 private:
  static double last(const detail::SmallVector& nested, Index count) {
    return count > 0 ? nested(count - 1) : 0.0;
  }

  detail::SmallVector errors_, growth_;
};

}  // namespace pion::algorithm
