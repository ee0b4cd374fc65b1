// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::sqrt

#include <Eigen/Core>

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/traits.hpp>
#include <pion/filter/filter.hpp>

/// How large a step may be, and what a filter does to the conditioning of a problem.
namespace pion::theory {

/// Steps W - eta O that are sure to lower a loss L whose gradient G is `smoothness`-Lipschitz in
/// the Frobenius norm: L(W - eta O) <= L(W) - eta <G, O> + eta^2 smoothness ||O||^2 / 2.
struct StableStep {
  double largest = 0.0;   ///< Every eta below it lowers the loss: 2 <G, O> / (smoothness ||O||^2).
  double best = 0.0;      ///< Half of that, where the bound is lowest.
  double decrease = 0.0;  ///< What the best step gains at least: <G, O>^2 / (2 smoothness ||O||^2).
};

namespace detail {

inline StableStep stable_step(double inner, double square, double smoothness) {
  if (pion::detail::is_nan(smoothness) || !(smoothness > 0.0)) {
    pion::detail::refuse_argument("stable_step: the smoothness must be positive");
  }
  if (!(inner > 0.0 && square > 0.0) || !pion::detail::is_finite(inner + square)) return {};
  const double best = inner / (smoothness * square);
  return {2.0 * best, best, 0.5 * best * inner};
}

}  // namespace detail

/// Computes the stable steps for G = U diag(sigma) V^T and O = U diag(gains) V^T.
///
/// Muon, with all gains 1, may step 2 / smoothness times the mean singular value; gradient descent,
/// with gains sigma, 2 / smoothness (formulas of Nguyen et al. 2026, derived afresh). No bound is
/// larger for all such losses: on smoothness ||W||^2 / 2 every longer step raises the loss. All
/// members are 0 where no step is sure to help.
/// \throws std::invalid_argument unless smoothness > 0 and the vectors have one length.
template <class Sigma, class Gains>
StableStep stable_step(const Eigen::MatrixBase<Sigma>& sigma, const Eigen::MatrixBase<Gains>& gains,
                       double smoothness) {
  if (sigma.rows() != gains.rows() || sigma.cols() != gains.cols()) {
    pion::detail::refuse_argument("stable_step: gradient and update differ in shape");
  }
  const auto g = sigma.template cast<double>();
  const auto o = gains.template cast<double>();
  return detail::stable_step(g.cwiseProduct(o).sum(), o.squaredNorm(), smoothness);
}

/// Computes the preconditioned view: the rows x rows matrix P with P x = U f(S) V^T, S being
/// measured by ||x||_F. With f(s) = s q(s^2) it is q(x x^T / ||x||_F^2) / ||x||_F, symmetric; for
/// gains 1 it is (x x^T)^(-1/2) on the range of x. Computed in double; allocates. Cost: 4 products
/// a step of f, entry by entry: for matrices of some hundred rows.
/// \throws std::domain_error if x is zero or not finite.
template <class X>
pion::detail::OwnedMatrix<double> preconditioner(const Chain& f, const Eigen::MatrixBase<X>& x) {
  using Matrix = pion::detail::OwnedMatrix<double>;
  const Matrix a = x.template cast<double>();
  const double norm = a.norm();
  if (!(norm > 0.0 && pion::detail::is_finite(norm))) {
    pion::detail::refuse_values("preconditioner: x is zero, or not finite");
  }
  // Entry by entry: Eigen's other products take memory that flags align (detail/traits.hpp).
  const Matrix unit = a / norm;
  Matrix r = unit.lazyProduct(unit.transpose());
  const Matrix identity = Matrix::Identity(r.rows(), r.rows());
  Matrix q = identity / norm;
  for (const OddQuintic& p : f.steps()) {
    const Matrix square = r.lazyProduct(r);
    const Matrix h = p.a * identity + p.b * r + p.c * square;
    const Matrix hr = h.lazyProduct(r);
    q = Matrix(h.lazyProduct(q));
    r = hr.lazyProduct(h);
  }
  return q;
}

/// A loss near its minimum under the Kronecker model: curvature A (x) B, A of the inputs, B of the
/// outputs, with these condition numbers; the gradients' covariance E G G^T is then tr(A) B.
struct KroneckerCurvature {
  double input = 1.0;   ///< Condition of A.
  double output = 1.0;  ///< Condition of B.

  /// Gradient descent sees the product.
  double gradient_descent() const { return input * output; }
  /// Whitening from one side, (E G G^T)^(-1/2) G, as Muon does: A (x) B^(1/2).
  double whitened() const { return input * std::sqrt(output); }
  /// Quarter roots from both sides, as Shampoo.
  double whitened_both() const { return std::sqrt(input * output); }
};

/// Returns the factor by which the error shrinks in each step of the best length, on a quadratic of
/// that condition number.
inline double convergence_factor(double condition) { return (condition - 1.0) / (condition + 1.0); }

}  // namespace pion::theory
