// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::fabs, std::pow
#include <cstddef>    // std::size_t
#include <cstdint>    // std::uint64_t
#include <utility>    // std::swap

#include <pion/chain.hpp>

/// The Gram-space iteration: the chain runs on the small matrix R = X X^T and meets X only at the
/// end, which pays for matrices that are far from square (Zhang et al. 2026).
///
/// With f(s) = s q(s^2): q_0 = 1, and each step has h = a + b r + c r^2, q <- q h, r <- h r h.
namespace pion::algorithm {

/// The steps before which the iteration goes back to X <- Q X and builds R = X X^T afresh.
///
/// Rounding makes small eigenvalues of R wrong, even negative, and steps with a large slope at 0
/// magnify that. A fresh Gram matrix is positive semidefinite up to rounding again.
class Restarts {
 public:
  static constexpr int max_steps = 64;

  bool before(int step) const { return (bits_ >> step & 1U) != 0; }
  void add(int step) { bits_ |= std::uint64_t{1} << step; }
  int count() const {
    int n = 0;
    for (std::uint64_t bits = bits_; bits != 0; bits &= bits - 1) ++n;
    return n;
  }

 private:
  std::uint64_t bits_ = 0;
};

/// How far a relative error of R is magnified in Q X by the steps [from, to) of f: the largest
/// divided difference of q, against neighbours and against r = 0, times the singular value; sampled
/// 19 times a decade.
///
/// High-pass chains of five steps stay below 144 for any kp; two of Muon's steps reach 31, three
/// 373, five 5.2e4.
inline double gram_growth(const Chain& f, int from, int to) {
  constexpr int samples = 96;
  const auto step = [&f](int k) { return f.steps()[static_cast<std::size_t>(k)]; };
  double q_at_0 = 1.0;
  for (int k = from; k < to; ++k) q_at_0 *= step(k).a;
  double growth = 0.0;
  for (int i = 0; i <= samples; ++i) {
    const double sigma = std::pow(10.0, -5.0 * i / samples);
    // r and q, with their derivatives by the r that the segment starts from.
    double r = sigma * sigma, dr = 1.0, q = 1.0, dq = 0.0;
    for (int k = from; k < to; ++k) {
      const OddQuintic p = step(k);
      const double h = p.a + r * (p.b + r * p.c);
      const double dh = (p.b + 2.0 * p.c * r) * dr;
      dq = dq * h + q * dh;
      q *= h;
      dr = dr * h * h + 2.0 * r * h * dh;
      r *= h * h;
    }
    growth = std::max({growth, sigma * std::fabs(dq), std::fabs(q - q_at_0) / sigma});
  }
  return growth;
}

/// A restart wherever one step more would magnify errors of R more than 256 times: none for
/// high-pass chains, one after every second of Muon's steps. For at most Restarts::max_steps steps.
inline Restarts gram_restarts(const Chain& f) {
  constexpr double limit = 256.0;
  Restarts restarts;
  int start = 0;
  for (int k = 1; k < f.size(); ++k) {
    if (gram_growth(f, start, k + 1) <= limit) continue;
    restarts.add(k);
    start = k;
  }
  return restarts;
}

/// x <- f(x), with products of m x m symmetric matrices that commute, at half cost each.
///
/// Shapes, m <= n: x and y are m x n; r, h, q, t are m x m. On entry r holds x x^T; on return x
/// holds the result. Views may have traded memory. For T steps in s segments the cost is
/// (4 T - 3 s) m^3 / 2 + (3 s - 1) m^2 n / 2 multiply-adds.
template <class Kernels, class View>
void gram(const Kernels& kernels, const Chain& f, const Restarts& restarts, View& x, View& y,
          View& r, View& h, View& q, View& t) {
  const int steps = f.size();
  bool first_of_segment = true;
  for (int k = 0; k < steps; ++k) {
    const bool last_of_segment = k + 1 == steps || restarts.before(k + 1);
    kernels.quadratic(f.steps()[static_cast<std::size_t>(k)], r, h);
    if (!last_of_segment) {
      kernels.multiply_commuting(r, h, t);
      kernels.multiply_commuting(h, t, r);
    }
    if (first_of_segment) {
      std::swap(q, h);
    } else {
      kernels.multiply_commuting(q, h, t);
      std::swap(q, t);
    }
    first_of_segment = last_of_segment;
    if (last_of_segment) {
      kernels.multiply(q, x, y);
      std::swap(x, y);
      if (k + 1 < steps) kernels.gram(x, r);
    }
  }
}

}  // namespace pion::algorithm
