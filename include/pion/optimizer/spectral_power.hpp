// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::ilogb, std::ldexp, std::pow, std::sqrt
#include <optional>
#include <string>
#include <utility>  // std::swap

#include <pion/detail/check.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/check.hpp>
#include <pion/optimizer/direction.hpp>

/// The spectral powers U S^p V^T (Qi et al. 2026) without an SVD: no polynomial converges to s^p,
/// but the coupled Newton iteration for the root of a symmetric matrix does (Higham 2008, sec.
/// 6.7).
namespace pion::optimizer {

namespace detail {

/// Everything that roots of Gram matrices need, in an arena. x is m x n, m <= n.
template <class Engine, class T>
struct RootBuffers {
  using View = engine::View<T>;

  RootBuffers(pion::detail::Arena& arena, Index m, Index n)
      : x(arena.take<T>(m * n), m, n), product(arena.take<T>(m * n), m, n), kernels(arena, m, n) {
    for (View* square : {&a, &root, &inverse, &t, &u}) *square = View(arena.take<T>(m * m), m, m);
  }

  View x, product, a, root, inverse, t, u;
  typename Engine::template Kernels<T> kernels;
};

/// root = B^(1/2) and inverse = B^(-1/2) for B = (a + lift I) / c, where a is symmetric positive
/// semidefinite, lift = absolute + relative tr(a) / m and c = ||a + lift I||_F is returned:
/// from root = B and inverse = I, with t = (3 I - inverse root) / 2, root <- root t and
/// inverse <- t inverse. An eigenvalue of B below some 1e-5 is still on its way after 15
/// iterations, its roots damped. Cost: three products of m x m matrices an iteration.
///
/// All iterates are polynomials in a, so the products are symmetric, but they are computed in full:
/// the iteration damps rounding errors only in this form (Higham 2008, Thm 6.25). Products mirrored
/// from one half diverged in float where a was singular.
template <class Engine, class T>
double coupled_newton(RootBuffers<Engine, T>& b, double absolute, double relative, int iterations) {
  const auto m = static_cast<double>(b.a.rows);
  const auto a = engine::as_eigen(b.a);
  const double trace = static_cast<double>(a.trace());
  const double norm = b.kernels.frobenius_norm(b.a);
  const double lift = absolute + relative * trace / m;
  const double c = std::sqrt(norm * norm + 2.0 * lift * trace + lift * lift * m);
  engine::as_eigen(b.root) = a * static_cast<T>(1.0 / c);
  engine::as_eigen(b.root).diagonal().array() += static_cast<T>(lift / c);
  engine::as_eigen(b.inverse).setIdentity();
  for (int k = 0; k < iterations; ++k) {
    b.kernels.multiply(b.inverse, b.root, b.t);
    engine::as_eigen(b.t) *= T(-0.5);
    engine::as_eigen(b.t).diagonal().array() += T(1.5);
    b.kernels.multiply(b.root, b.t, b.u);
    std::swap(b.root, b.u);
    b.kernels.multiply(b.t, b.inverse, b.u);
    std::swap(b.inverse, b.u);
  }
  return c;
}

}  // namespace detail

enum class Power { zero, quarter, half, one };

/// The direction U S^p V^T. It is homogeneous of degree p in its input: for p > 0 the learning rate
/// has to follow the size of the gradients.
///
/// Cost, with m the short side and K iterations: p = 0, a Gram matrix, 3 K products of m x m
/// matrices and one with the input; p = 1/2, twice the 3 K; p = 1/4, twice p = 1/2.
struct SpectralPower {
  Power power = Power::half;
  /// Added to the diagonal of each matrix that a root is taken of, besides relative_ridge times its
  /// mean eigenvalue. The defaults are the published code's; they damp small singular values. With
  /// both 0, U S^p V^T comes out to rounding for singular values above some 3e-3 ||X||_F.
  double absolute_ridge = 1e-6;
  double relative_ridge = 1e-4;
  int iterations = 15;  ///< A fixed number, as published.

  /// \throws std::invalid_argument unless iterations >= 1 and the ridges are finite and >= 0.
  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace) const {
    if (iterations < 1) {
      pion::detail::refuse_argument("SpectralPower: " + std::to_string(iterations) + " iterations");
    }
    detail::require_nonnegative("SpectralPower: absolute_ridge", absolute_ridge);
    detail::require_nonnegative("SpectralPower: relative_ridge", relative_ridge);
    using Kernels = typename Engine::template Kernels<T>;
    if (power == Power::one) return {Kernels::frobenius_norm(x), std::nullopt, 0, false};

    const Index m = (std::min)(x.rows, x.cols);
    const Index n = (std::max)(x.rows, x.cols);
    pion::detail::Arena counting;
    detail::RootBuffers<Engine, T>(counting, m, n);
    pion::detail::Arena arena(workspace, counting.used());
    detail::RootBuffers<Engine, T> b(arena, m, n);

    auto matrix = engine::as_eigen(x);
    const double largest = pion::detail::load("SpectralPower", matrix, b.x);
    if (largest == 0.0) return {};
    pion::detail::scale_to_one(largest, b.x);
    double unit = std::ldexp(1.0, std::ilogb(largest));  // the input is unit * b.x
    if (power == Power::zero) {
      unit = polar(b, unit);
    } else {
      unit = half_power(b, unit);
      if (power == Power::quarter) unit = half_power(b, unit);
    }
    b.kernels.scale(unit, b.x);
    pion::detail::store(b.x, matrix);
    return {b.kernels.frobenius_norm(b.x), std::nullopt, 0, false};
  }

 private:
  /// The absolute ridge in the units of a matrix that is multiplied by `unit`. Capped where the
  /// ridge is all that is left of the matrix.
  double absolute_in(double unit) const { return (std::min)(absolute_ridge / unit, 1e140); }

  /// x <- B^(-1/2) x with b.a = x x^T; what the result is to be multiplied by.
  template <class Buffers>
  double polar(Buffers& b, double unit) const {
    b.kernels.gram(b.x, b.a);
    const double c = coupled_newton(b, absolute_in(unit * unit), relative_ridge, iterations);
    b.kernels.multiply(b.inverse, b.x, b.product);
    std::swap(b.x, b.product);
    return 1.0 / std::sqrt(c);
  }

  /// x <- U S^(1/2) V^T up to a factor: the root of A^(-1/2), times x, with A = x x^T.
  template <class Buffers>
  double half_power(Buffers& b, double unit) const {
    b.kernels.gram(b.x, b.a);
    const double c = coupled_newton(b, absolute_in(unit * unit), relative_ridge, iterations);
    std::swap(b.a, b.inverse);  // A^(-1/2) = a / (sqrt(c) unit)
    const double c_of_inverse =
        coupled_newton(b, absolute_in(1.0 / (std::sqrt(c) * unit)), relative_ridge, iterations);
    b.kernels.multiply(b.root, b.x, b.product);
    std::swap(b.x, b.product);
    return std::sqrt(c_of_inverse * unit / std::sqrt(c));
  }
};

}  // namespace pion::optimizer
