// SPDX-License-Identifier: Apache-2.0
// The coupled Newton iteration gives the roots of a symmetric positive definite matrix.

#include <cmath>
#include <random>

#include <pion/algorithm/coupled_newton.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/workspace.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using Real = reference::Real;

TEMPLATE_TEST_CASE("root and inverse are those of B, and a is as it was", "", float, double) {
  using T = TestType;
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;
  std::mt19937_64 random(12);
  for (const Index m : {1, 2, 7}) {
    const reference::Matrix u = reference::svd(reference::random_matrix(m, m, random, 0.0)).u;
    reference::Vector values(m);
    for (Index i = 0; i < m; ++i) values(i) = std::pow(Real(0.5), Real(i));
    Matrix a = (u * values.asDiagonal() * u.transpose()).template cast<T>();
    Matrix root(m, m), inverse(m, m), t(m, m), v(m, m);
    const auto view = [m](Matrix& x) { return engine::View<T>(x.data(), m, m); };
    auto r = view(root), i = view(inverse), s = view(t), w = view(v);
    detail::Arena counting;
    typename DefaultEngine::template Kernels<T>(counting, m, m);
    Workspace workspace;
    detail::Arena arena(workspace, counting.used());
    const typename DefaultEngine::template Kernels<T> kernels(arena, m, m);
    const Matrix before = a;
    const double absolute = 0.01, relative = 0.02;
    const double c =
        algorithm::coupled_newton(kernels, view(a), r, i, s, w, absolute, relative, 15);
    CHECK(a == before);
    reference::Matrix lifted = a.template cast<Real>();
    lifted.diagonal().array() +=
        Real(absolute) + Real(relative) * lifted.trace() / static_cast<Real>(m);
    // 45 products of sums of m terms; the inverse magnifies by the condition of B.
    const Real rounding = 45 * static_cast<Real>(m) * reference::eps<T>();
    const Real condition = lifted.norm() / values(m - 1);
    CHECK(std::fabs(static_cast<Real>(c) / lifted.norm() - 1) <= rounding);
    const reference::Matrix b = lifted / static_cast<Real>(c);
    const reference::Matrix root_of_b = engine::as_eigen(r).template cast<Real>();
    const reference::Matrix inverse_of_b = engine::as_eigen(i).template cast<Real>();
    CHECK((root_of_b * root_of_b - b).norm() <= condition * rounding);
    CHECK((root_of_b * inverse_of_b - reference::Matrix::Identity(m, m)).norm() <=
          condition * rounding);
  }
}
