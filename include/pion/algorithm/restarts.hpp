// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <array>
#include <cmath>    // HUGE_VAL, std::fabs, std::pow
#include <cstddef>  // std::size_t
#include <cstdint>  // std::uint64_t, std::uint8_t

#include <pion/detail/finite.hpp>
#include <pion/filter/chain.hpp>

/// Chooses where the Gram-space iteration (algorithm/gram.hpp) begins again, so that its rounding
/// stays of the size of the dense chain's.
namespace pion::algorithm {

/// The steps before which the iteration goes back to X <- Q X and builds R = X X^T afresh.
///
/// Rounding makes small eigenvalues of R wrong, even negative, and steps with a large slope at 0
/// magnify that. A fresh Gram matrix is positive semidefinite up to rounding again.
class Restarts {
 public:
  static constexpr int max_steps = 64;  ///< Longer chains have no Gram space.

  /// Whether the iteration goes back before this step.
  bool before(int step) const { return (bits_ >> step & 1U) != 0; }
  void add(int step) { bits_ |= std::uint64_t{1} << step; }  ///< Makes it go back before this step.
  /// How often the iteration goes back.
  int count() const {
    int n = 0;
    for (std::uint64_t bits = bits_; bits != 0; bits &= bits - 1) ++n;
    return n;
  }

 private:
  std::uint64_t bits_ = 0;
};

/// Follows f(s) = s q(s^2), q_0 = 1, step by step from `from` on, on a grid of singular values in
/// [1e-5, 1]: how far it magnifies errors.
class Magnification {
 public:
  explicit Magnification(const Chain& f, int from) : f_(f), next_(from) {
    const double ratio = std::pow(1e-5, 1.0 / (samples - 1));
    double sigma = 1.0;
    for (Point& at : points_) {
      at = {sigma, sigma * sigma, 1.0, 1.0, 0.0};
      sigma *= ratio;
    }
  }

  void step() {
    const OddQuintic p = f_.steps()[static_cast<std::size_t>(next_++)];
    q_at_0_ *= p.a;
    for (Point& at : points_) {
      const double h = p.a + at.r * (p.b + at.r * p.c);
      const double dh = (p.b + 2.0 * p.c * at.r) * at.dr;
      at.dq = at.dq * h + at.q * dh;
      at.q *= h;
      at.dr = at.dr * h * h + 2.0 * at.r * h * dh;
      at.r *= h * h;
    }
  }

  /// Of an error of R = X X^T in Q X, relative to R: the largest divided difference of q, against
  /// neighbours and against r = 0, times the singular value.
  double of_gram() const {
    double most = 0.0;
    for (const Point& at : points_) {
      most = larger(most, at.sigma * std::fabs(at.dq));
      most = larger(most, std::fabs(at.q - q_at_0_) / at.sigma);
    }
    return most;
  }

  /// Of an error of X: the largest slope, |q + 2 r q'|.
  double of_input() const {
    double most = 0.0;
    for (const Point& at : points_) {
      most = larger(most, std::fabs(at.q + 2.0 * at.sigma * at.sigma * at.dq));
    }
    return most;
  }

 private:
  static constexpr int samples = 97;
  struct Point {
    double sigma, r, dr, q, dq;  // derivatives by the r that it started from
  };

  /// What has left every range is infinite.
  static double larger(double most, double x) {
    return most >= x ? most : (pion::detail::is_nan(x) ? HUGE_VAL : x);
  }

  const Chain& f_;
  int next_;
  double q_at_0_ = 1.0;
  std::array<Point, samples> points_{};
};

/// Returns how far a relative error of R is magnified in Q X by the steps [from, to) of f.
///
/// High-pass chains of five steps stay below 144 for any kp; two of Muon's steps reach 31, three
/// 373, five 5.2e4.
inline double gram_growth(const Chain& f, int from, int to) {
  Magnification m(f, from);
  for (int k = from; k < to; ++k) m.step();
  return m.of_gram();
}

/// Holds, for all k < l, what is left in the end of the rounding error of one Gram matrix, from
/// which the steps [k, l) of a chain run: these steps magnify it, and then all steps that follow.
class SegmentErrors {
 public:
  explicit SegmentErrors(const Chain& f) {
    const auto steps = static_cast<std::size_t>(f.size());
    std::array<double, most + 1> slope;  // of the steps from k on
    slope[steps] = 1.0;
    for (std::size_t k = steps; k-- > 0;) {
      Magnification m(f, static_cast<int>(k));
      double r = -gram_rounding;
      for (std::size_t l = k + 1; l <= steps; ++l) {
        m.step();
        at(k, l) = r >= -harmless_negative ? m.of_gram() * slope[l] : HUGE_VAL;
        const OddQuintic p = f.steps()[l - 1];
        const double h = p.a + r * (p.b + r * p.c);
        r *= h * h;
      }
      slope[k] = m.of_input();
    }
  }

  double operator()(std::size_t k, std::size_t l) const { return left_[place(k, l)]; }

 private:
  static constexpr auto most = static_cast<std::size_t>(Restarts::max_steps);

  // Rounding makes an eigenvalue 0 of R negative by this in float. A segment takes r to r h(r)^2,
  // where h(r) > a for r < 0 and b < 0: beyond harmless_negative it grows ever faster, and without
  // end, while no step of the dense chain sees a negative r. Such a segment is not allowed.
  static constexpr double gram_rounding = 0x1p-20, harmless_negative = 0x1p-6;

  static std::size_t place(std::size_t k, std::size_t l) { return l * (l - 1) / 2 + k; }
  double& at(std::size_t k, std::size_t l) { return left_[place(k, l)]; }

  std::array<double, most*(most + 1) / 2> left_;
};

/// Chooses as few restarts as keep rounding at the size of the dense chain's: what all segments
/// leave (SegmentErrors) adds up to 256 at most, or to 4 times what it is with a restart before
/// every step. Among as few, those that leave least. None for high-pass chains of five steps; one,
/// after the second, for Muon's. For at most Restarts::max_steps steps.
///
/// A dynamic programme: with e(k, l) what the segment [k, l) leaves, and T steps, the least that
/// the steps from k on leave in s segments is least(s, k) = min over l of e(k, l) + least(s - 1,
/// l), least(0, T) = 0. The first s with least(s, 0) within the limit is taken.
inline Restarts gram_restarts(const Chain& f) {
  constexpr double harmless = 256.0, of_every_step = 4.0;
  constexpr auto most = static_cast<std::size_t>(Restarts::max_steps);
  const auto steps = static_cast<std::size_t>(f.size());
  const SegmentErrors left(f);
  double limit = 0.0;
  for (std::size_t k = 0; k < steps; ++k) limit += of_every_step * left(k, k + 1);
  limit = (std::max)(limit, harmless);
  Restarts restarts;
  if (!pion::detail::is_finite(limit)) {  // a chain that leaves every range
    for (int k = 1; k < f.size(); ++k) restarts.add(k);
    return restarts;
  }

  std::array<double, most + 1> least;  // least(s, .), of which only the last s is kept
  least.fill(HUGE_VAL);
  least[steps] = 0.0;
  std::array<std::array<std::uint8_t, most>, most> end;  // the l of each minimum: end[s - 1][k]
  for (std::size_t segments = 0; segments < steps; ++segments) {
    for (std::size_t k = 0; k < steps; ++k) {  // ascending: least[l] is still of s - 1 for l > k
      double best = HUGE_VAL;
      for (std::size_t l = k + 1; l <= steps; ++l) {
        if (left(k, l) + least[l] < best) {
          best = left(k, l) + least[l];
          end[segments][k] = static_cast<std::uint8_t>(l);
        }
      }
      least[k] = best;
    }
    least[steps] = HUGE_VAL;
    if (!(least[0] <= limit)) continue;
    std::size_t k = end[segments][0];
    for (std::size_t s = segments; s-- > 0; k = end[s][k]) restarts.add(static_cast<int>(k));
    break;
  }
  return restarts;
}

}  // namespace pion::algorithm
