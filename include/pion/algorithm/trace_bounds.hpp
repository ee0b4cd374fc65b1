// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::exp, std::fabs, std::pow, std::sqrt
#include <cstddef>    // std::size_t
#include <vector>

#include <pion/algorithm/certificate.hpp>
#include <pion/detail/traits.hpp>

/// Bounds traces of functions of A = X X^T / ||X||_F^2 from what a subspace shows of it
/// (algorithm/krylov_space.hpp): numbers in, bounds out.
///
/// Let K be a subspace, w in K, and V an orthonormal basis of K. For t > 0,
///   w^T A (A + t)^-1 w = |w|^2 - t w^T (A + t)^-1 w = b^T (X^T X + t)^-1 b,  b = X^T w.
/// A Galerkin approximation of a positive definite inverse is never too large. So V^T A V in place
/// of A gives an upper bound (Gauss's rule where K is a Krylov space of w), and X^T X projected to
/// X^T K a lower one (Gauss's and Radau's with a node at 0; Golub and Meurant 2010). Both are sums
/// of f over nodes. They hold for every
///   f(A) = integral of A (A + t)^-1 dv(t),  v >= 0,
/// so for a root, dv = t^(-1/2) dt / pi; and for psi(sigma) = -sigma log(sigma / c), whose
/// dv = t^(-1/2) log(c^2 / t) dt / (2 pi) is negative beyond t = c^2, they hold once what is
/// negative, negative_part(), is added on both sides.
namespace pion::algorithm {

/// A sum of f over nodes: squares of singular values, each with its weight in the exact part (the
/// directions Q that were taken out), in the mean over all probes and in that over the first half.
struct NodeSums {
  std::vector<double> squares;     ///< The nodes.
  std::vector<double> taken;       ///< Their weights in the exact part,
  std::vector<double> probed;      ///< in the mean over all probes,
  std::vector<double> first_half;  ///< and in the mean over the first half of them.

  template <class F>
  double sum(const F& f) const {
    double all = 0.0;
    for (std::size_t l = 0; l < squares.size(); ++l) all += (taken[l] + probed[l]) * f(squares[l]);
    return all;
  }
  /// The same without the exact part.
  template <class F>
  double sum_probed(const F& f) const {
    return sum_with(probed, f);
  }
  /// The same with the weights given.
  template <class F>
  double sum_with(const std::vector<double>& weights, const F& f) const {
    double all = 0.0;
    for (std::size_t l = 0; l < squares.size(); ++l) all += weights[l] * f(squares[l]);
    return all;
  }
};

/// What a subspace shows of A, whose trace is 1: tr f(A) is the sum over Q's columns q of
/// q^T f(A) q and the mean of w^T f(A) w over Gaussian probes w, orthogonal to Q.
struct TraceRules {
  NodeSums upper;                     ///< The nodes by which sums are bounded from above,
  NodeSums lower;                     ///< and from below.
  std::vector<double> taken_squares;  ///< q^T A q, descending.
  double taken_residual = 0.0;        ///< ||(I - Q Q^T) A Q||_F
  double rounding = 0.0;  ///< A likely relative error of weights: Q's and K's bases are rounded.
  Index rows = 0;         ///< Of A.
  Index probes = 0;       ///< An even number.
  int steps = 0;          ///< K has A^i w for i < steps.
};

/// A value that lies within `bracket` of `middle` whatever the probes would be, but for what the
/// probes are by chance: `deviation` is the standard deviation of that.
struct TraceEstimate {
  double middle = 0.0, bracket = 0.0, deviation = 0.0;
};

/// The multiples of I and A nearest to f, by least squares over weighted nodes; of I alone where
/// nodes of one value do not tell them apart.
struct ControlVariate {
  double constant = 0.0;  ///< The multiple of I.
  double slope = 0.0;     ///< The multiple of A.

  template <class F>
  ControlVariate(const NodeSums& nodes, const std::vector<double>& weights, const F& f,
                 bool with_slope) {
    const auto sum = [&](const auto& g) { return nodes.sum_with(weights, g); };
    const double count = sum([](double) { return 1.0; }), energy = sum([](double s) { return s; });
    const double squares = sum([](double s) { return s * s; }), along_one = sum(f);
    const double along_energy = sum([&](double s) { return s * f(s); });
    const double determinant = count * squares - energy * energy;
    if (with_slope && determinant > 1e-6 * count * squares) {
      slope = (count * along_energy - energy * along_one) / determinant;
    }
    if (count > 0.0) constant = (along_one - slope * energy) / count;
  }
};

/// Estimates tr f(A) for a function f of an eigenvalue, with v >= 0 but for a `negative` part.
///
/// The probes miss two traces that are known, tr(I) = m and tr(A) = 1: what they miss of multiples
/// of I and A near f is put right (a control variate). The rest of f, g, has variance
/// 2 tr(g^2) / probes for Gaussian probes, and tr(g^2) is read off the same nodes. Each half of the
/// probes has its multiples from the other half, for those from its own would follow its chance.
/// tr(A) less what Q has of it is known to `rounding`: where so little is left that this is worse,
/// multiples of I alone are taken.
template <class F>
TraceEstimate estimate_trace(const TraceRules& r, const F& f, double negative = 0.0) {
  const NodeSums& up = r.upper;
  double left = 1.0;
  for (const double s : r.taken_squares) left -= s;
  left = (std::max)(0.0, left);
  const double all = static_cast<double>(r.rows) - static_cast<double>(r.taken_squares.size());
  std::vector<double> second_half(up.probed.size());
  for (std::size_t l = 0; l < second_half.size(); ++l) {
    second_half[l] = 2.0 * up.probed[l] - up.first_half[l];
  }
  const double probes = static_cast<double>((std::max)(Index(1), r.probes));
  const double high = up.sum(f) + negative, low = r.lower.sum(f) - negative;
  const double open = 0.5 * (std::max)(0.0, high - low) + r.rounding * std::fabs(high);
  const auto with = [&](bool with_slope) {
    TraceEstimate e{0.5 * (low + high), open, 0.0};
    double variance = 0.0;
    const auto half = [&](const std::vector<double>& own, const std::vector<double>& other) {
      const ControlVariate c(up, other, f, with_slope);
      const double count = up.sum_with(own, [](double) { return 1.0; });
      const double energy = up.sum_with(own, [](double s) { return s; });
      e.middle += 0.5 * (c.constant * (all - count) + c.slope * (left - energy));
      e.bracket += 0.5 * std::fabs(c.slope) * r.rounding;
      variance += up.sum_with(own, [&](double s) {
        const double g = f(s) - c.constant - c.slope * s;
        return g * g;
      });
    };
    half(up.first_half, second_half);
    half(second_half, up.first_half);
    e.deviation = std::sqrt(variance / probes);
    return e;
  };
  const TraceEstimate flat = with(false), sloped = with(true);
  return sloped.bracket + sloped.deviation < flat.bracket + flat.deviation ? sloped : flat;
}

/// What psi's negative part may move each rule by: the integral over t > c^2 of
/// t^(-1/2) log(t / c^2) / (2 pi) times the difference of both rules for A (A + t)^-1. In
/// t = c^2 e^(2 y) it is that of 2 c y e^y / pi over y, by the trapezoidal rule; the difference
/// falls like a power of 1 / t at least as high as 2, so what lies beyond y = 12 is nothing.
inline double negative_part(const TraceRules& r, double c) {
  constexpr double pi = 3.14159265358979323846, step = 0.05;
  double all = 0.0;
  for (int i = 1; i <= 240; ++i) {
    const double y = step * i, t = c * c * std::exp(2.0 * y);
    const auto f = [t](double s) { return s / (s + t); };
    all += step * 2.0 * c * y * std::exp(y) / pi * (std::max)(0.0, r.upper.sum(f) - r.lower.sum(f));
  }
  return all;
}

/// The quantile of a mean over Gaussian probes, in standard deviations: the two-sided one of the
/// most skewed quadratic form, of a single direction, whose mean has a chi^2 distribution with as
/// many degrees of freedom as there are probes. (It is above the normal one, which forms of many
/// directions come to.)
inline double probe_quantile(Index probes, double probability) {
  const double degrees = static_cast<double>(probes);
  const double high = chi_square_quantile(static_cast<int>(probes / 2), 0.5 * (1.0 + probability));
  return (high - degrees) / std::sqrt(2.0 * degrees);
}

/// Bounds the largest eigenvalue of A from above, but for `failure`: the largest e of what is left
/// beside Q has w^T A^j w >= e^j (w^T v)^2 for one unit vector v, and these sum to a chi^2 variable
/// over the probes. The moment is exact for j < 2 steps. Then A is a 2 x 2 block matrix.
inline double largest_beside(const TraceRules& r, double failure) {
  const int j = (std::max)(1, 2 * r.steps - 1);
  double top = 0.0;
  for (const double s : r.upper.squares) top = (std::max)(top, s);
  const double moment =
      r.upper.sum_probed([&](double s) { return std::pow(s / top, static_cast<double>(j)); });
  const double chi = chi_square_quantile(static_cast<int>(r.probes / 2), failure);
  return top * std::pow(moment * static_cast<double>(r.probes) / chi, 1.0 / j);
}
inline double largest_square(const TraceRules& r, double failure) {
  const double beside = largest_beside(r, failure);
  if (r.taken_squares.empty()) return beside;
  const double first = r.taken_squares.front(), gap = first - beside, e = r.taken_residual;
  return 0.5 * (first + beside + std::sqrt(gap * gap + 4.0 * e * e));
}

}  // namespace pion::algorithm
