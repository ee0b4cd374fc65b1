// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::ilogb, std::ldexp, std::sqrt
#include <optional>
#include <string>
#include <utility>  // std::swap

#include <pion/algorithm/coupled_newton.hpp>
#include <pion/detail/check.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/direction.hpp>

/// The spectral powers U S^p V^T (Qi et al. 2026) without an SVD. No polynomial converges to s^p,
/// but the coupled Newton iteration (algorithm/coupled_newton.hpp) gives roots of Gram matrices.
namespace pion {
namespace detail {

/// Holds everything that roots of Gram matrices need, in an arena. x is m x n, m <= n.
template <class Engine, class T>
struct RootBuffers {
  using View = engine::View<T>;

  RootBuffers(Arena& arena, Index m, Index n)
      : x(arena.take<T>(m * n), m, n), product(arena.take<T>(m * n), m, n), kernels(arena, m, n) {
    for (View* square : {&a, &root, &inverse, &t, &u}) *square = View(arena.take<T>(m * m), m, m);
  }

  View x, product, a, root, inverse, t, u;
  typename Engine::template Kernels<T> kernels;
};

}  // namespace detail

namespace optimizer {

/// The power p: 0 (zero), 1/4 (quarter), 1/2 (half) or 1 (one).
enum class Power { zero, quarter, half, one };

/// Gives the direction U S^p V^T. Its size follows that of its input to the power p: for p > 0 the
/// learning rate has to follow the size of the gradients.
///
/// Cost, with m the short side and K iterations: p = 0, a Gram matrix, 3 K products of m x m
/// matrices and one with the input; p = 1/2, twice the 3 K; p = 1/4, twice p = 1/2.
struct SpectralPower {
  Power power = Power::half;
  /// Added to the diagonal of each matrix that a root is taken of, besides relative_ridge times its
  /// mean eigenvalue. The defaults are the published code's; they damp small singular values. With
  /// both 0, U S^p V^T comes out to rounding for singular values above some 3e-3 ||X||_F.
  double absolute_ridge = 1e-6;
  double relative_ridge = 1e-4;  ///< Of the mean eigenvalue.
  int iterations = 15;           ///< A fixed number, as published.

  /// \throws std::invalid_argument unless iterations >= 1 and the ridges are finite and >= 0.
  void require_valid() const {
    if (iterations < 1) {
      detail::refuse_argument("SpectralPower: " + std::to_string(iterations) + " iterations");
    }
    detail::require_nonnegative("SpectralPower: absolute_ridge", absolute_ridge);
    detail::require_nonnegative("SpectralPower: relative_ridge", relative_ridge);
  }
  std::string signature() const {
    const double p = power == Power::zero      ? 0.0
                     : power == Power::quarter ? 0.25
                     : power == Power::half    ? 0.5
                                               : 1.0;
    return detail::signature("SpectralPower", {{"power", p},
                                               {"absolute_ridge", absolute_ridge},
                                               {"relative_ridge", relative_ridge},
                                               {"iterations", iterations}});
  }

  /// \throws std::invalid_argument as require_valid() does.
  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace) const {
    require_valid();
    using Kernels = typename Engine::template Kernels<T>;
    if (power == Power::one) return {Kernels::frobenius_norm(x), std::nullopt, 0, false};

    const Index m = (std::min)(x.rows, x.cols);
    const Index n = (std::max)(x.rows, x.cols);
    detail::Arena counting;
    detail::RootBuffers<Engine, T>(counting, m, n);
    detail::Arena arena(workspace, counting.used());
    detail::RootBuffers<Engine, T> b(arena, m, n);

    auto matrix = engine::as_eigen(x);
    const double largest = detail::load("SpectralPower", matrix, b.x);
    if (largest == 0.0) return {};
    detail::scale_to_one(largest, b.x);
    double unit = std::ldexp(1.0, std::ilogb(largest));  // the input is unit * b.x
    if (power == Power::zero) {
      unit = polar(b, unit);
    } else {
      unit = half_power(b, unit);
      if (power == Power::quarter) unit = half_power(b, unit);
    }
    b.kernels.scale(unit, b.x);
    detail::store(b.x, matrix);
    return {b.kernels.frobenius_norm(b.x), std::nullopt, 0, false};
  }

 private:
  /// Returns the absolute ridge for a matrix that has been divided by `unit`, at most 1e140: there
  /// the ridge is all that counts of the matrix.
  double absolute_in(double unit) const { return (std::min)(absolute_ridge / unit, 1e140); }

  template <class Buffers>
  double roots(Buffers& b, double unit) const {
    return algorithm::coupled_newton(b.kernels, b.a, b.root, b.inverse, b.t, b.u, absolute_in(unit),
                                     relative_ridge, iterations);
  }

  /// x <- B^(-1/2) x with b.a = x x^T. Returns the factor that the result is to be multiplied by.
  template <class Buffers>
  double polar(Buffers& b, double unit) const {
    b.kernels.gram(b.x, b.a);
    const double c = roots(b, unit * unit);
    b.kernels.multiply(b.inverse, b.x, b.product);
    std::swap(b.x, b.product);
    return 1.0 / std::sqrt(c);
  }

  /// x <- U S^(1/2) V^T up to a factor, which is returned: the root of A^(-1/2), times x, with
  /// A = x x^T.
  template <class Buffers>
  double half_power(Buffers& b, double unit) const {
    b.kernels.gram(b.x, b.a);
    const double c = roots(b, unit * unit);
    std::swap(b.a, b.inverse);  // A^(-1/2) = a / (sqrt(c) unit)
    const double c_of_inverse = roots(b, 1.0 / (std::sqrt(c) * unit));
    b.kernels.multiply(b.root, b.x, b.product);
    std::swap(b.x, b.product);
    return std::sqrt(c_of_inverse * unit / std::sqrt(c));
  }
};

}  // namespace optimizer
}  // namespace pion
