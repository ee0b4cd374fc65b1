// SPDX-License-Identifier: Apache-2.0
// Covers its own header and detail/svd.hpp.
#include <cmath>
#include <limits>
#include <random>

#include <pion/detail/svd.hpp>

#include "support/catch.hpp"
#include "support/known.hpp"

using namespace pion;

TEMPLATE_TEST_CASE("a decomposition is right where singular values are equal", "", float, double) {
  using Matrix = detail::ColumnMajor<TestType>;
  std::mt19937_64 random(11);
  for (int i = 0; i < 60; ++i) {
    const Index m = 18 + i % 24, n = m + (i % 3) * 7;
    known::Vector sigma(m);
    for (Index k = 0; k < m; ++k) {
      sigma(k) = i % 2 == 0 ? (k < m / 2 ? 1.0 : 0.5) : 1.0 / static_cast<double>(1 + k / 10);
    }
    const known::Known made(m, n, sigma, random);
    Matrix x = made.matrix().cast<TestType>();
    if (i % 5 == 0) x.transposeInPlace();
    const auto factors = detail::thin_svd<TestType>(x);
    const Matrix back =
        factors.matrixU() * factors.singularValues().asDiagonal() * factors.matrixV().transpose();
    // Rotations and reflections of m + n rows and columns, a few roundings each; ||x|| = 1.
    const double rounding = 16.0 * static_cast<double>(m + n) *
                            static_cast<double>(std::numeric_limits<TestType>::epsilon());
    INFO(m << " x " << n << ", matrix " << i);
    CHECK(static_cast<double>((back - x).norm()) <= rounding);
    CHECK((factors.singularValues().template cast<double>() - made.sigma).norm() <= rounding);
    CHECK((detail::singular_values<TestType>(x).template cast<double>() - made.sigma).norm() <=
          rounding);
  }
}

TEST_CASE("the singular values of nothing, of zero and of a number") {
  using Matrix = detail::ColumnMajor<double>;
  CHECK(detail::singular_values<double>(Matrix(0, 0)).size() == 0);
  CHECK(detail::singular_values<double>(Matrix(0, 3)).size() == 0);
  CHECK(detail::singular_values<double>(Matrix::Zero(2, 3)) == Eigen::Vector2d::Zero());
  CHECK(detail::singular_values<double>(Matrix::Constant(1, 1, -3.0))(0) == Approx(3.0));
  CHECK(detail::singular_values<double>(Matrix::Constant(2, 2, 1e300))(0) == Approx(2e300));
}
