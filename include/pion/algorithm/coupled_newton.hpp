// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // std::sqrt
#include <utility>  // std::swap

#include <pion/engine/view.hpp>

/// The coupled Newton iteration for the square root of a symmetric positive semidefinite matrix and
/// its inverse (Higham 2008, sec. 6.7).
namespace pion::algorithm {

/// root <- B^(1/2) and inverse <- B^(-1/2) for B = (a + lift I) / c, where lift = absolute +
/// relative tr(a) / m and c = ||a + lift I||_F. Returns c.
///
/// From root = B and inverse = I, an iteration is t = (3 I - inverse root) / 2, root <- root t,
/// inverse <- t inverse. After 15 iterations an eigenvalue of B below some 1e-5 has not converged:
/// its roots come out too small.
///
/// Shapes: all views are m x m; t and u are overwritten, and views may have traded memory. Cost:
/// three products of m x m matrices an iteration. All iterates are polynomials in a, so that the
/// products are symmetric, but they are computed in full: only this form of the iteration damps
/// rounding errors (Higham 2008, Thm 6.25). Products mirrored from one half diverged in float where
/// a was singular.
template <class Kernels, class T>
double coupled_newton(const Kernels& kernels, const engine::View<T>& a, engine::View<T>& root,
                      engine::View<T>& inverse, engine::View<T>& t, engine::View<T>& u,
                      double absolute, double relative, int iterations) {
  const auto m = static_cast<double>(a.rows);
  const auto given = engine::as_eigen(a);
  const double trace = static_cast<double>(given.trace());
  const double norm = kernels.frobenius_norm(a);
  const double lift = absolute + relative * trace / m;
  const double c = std::sqrt(norm * norm + 2.0 * lift * trace + lift * lift * m);
  engine::as_eigen(root) = given * static_cast<T>(1.0 / c);
  engine::as_eigen(root).diagonal().array() += static_cast<T>(lift / c);
  engine::as_eigen(inverse).setIdentity();
  for (int k = 0; k < iterations; ++k) {
    kernels.multiply(inverse, root, t);
    engine::as_eigen(t) *= T(-0.5);
    engine::as_eigen(t).diagonal().array() += T(1.5);
    kernels.multiply(root, t, u);
    std::swap(root, u);
    kernels.multiply(t, inverse, u);
    std::swap(inverse, u);
  }
  return c;
}

}  // namespace pion::algorithm
