// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::sort
#include <cmath>      // std::cos, std::log, std::nearbyint
#include <cstddef>    // std::size_t
#include <cstdint>    // std::uint64_t
#include <random>
#include <string>
#include <utility>  // std::move
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/chains.hpp>

/// High-pass filters that keep the order of the singular values, as promotion and suppression do.
///
/// A chain rises on [0, 1] if and only if every step rises where those before it lead, which is [0,
/// 1] too when each is scaled to p(1) = 1. The slope of such a step is a quadratic in s^2 that is
/// not negative on [0, 1], and those are the sums of u (s^2 - v)^2 and w s^2 (1 - s^2). The
/// sharpest chains seen lie on the edges, w = 0 or u = 0: a step either has a plateau, of slope 0
/// at sqrt(v), of which promotion is the one at 1; or it is suppression.
namespace pion::design {

/// Returns the step of slope proportional to (s^2 - v)^2 with p(1) = 1: level at sqrt(v), rising
/// elsewhere. v = 1 is promotion; v = 3/5 has the steepest slope at 0, 9/4; v = 0 is s^5.
///
/// 1e-10 is added to (s^2 - v)^2, so that the slope stays positive when coefficients are rounded
/// and can be certified; the coefficients are multiples of 2^-40, for which a + b + c = 1 is exact.
/// \throws std::invalid_argument unless 0 <= v <= 1.
inline OddQuintic plateau_step(double v) {
  if (!(0.0 <= v && v <= 1.0)) {
    detail::refuse_argument("plateau_step: " + detail::number_text(v) + " is not in [0, 1]");
  }
  const double sum = v * v + 1e-10 - 2.0 / 3.0 * v + 0.2;
  const auto short_of_40_bits = [](double x) { return std::nearbyint(x * 0x1p40) * 0x1p-40; };
  const double b = short_of_40_bits(-2.0 / 3.0 * v / sum), c = short_of_40_bits(0.2 / sum);
  return {1.0 - b - c, b, c};
}

/// A rising chain with f(0) = 0 and f(1) = 1, and the sigma of its gains .1 and .9.
struct RisingHighPass {
  Chain chain;
  double from = 0.0;  ///< Where the gain is .1.
  double to = 0.0;    ///< Where it is .9.

  double ratio() const { return to / from; }  ///< How sharp it is: 1 is a jump.
};

}  // namespace pion::design

namespace pion::detail {

/// One pattern of steps: suppression where `suppresses`, a plateau step elsewhere. The plateaus
/// vary; each is (1 - cos z) / 2, so that any z will do.
class RisingPattern {
 public:
  RisingPattern(double tau, std::vector<bool> suppresses)
      : tau_(tau), suppresses_(std::move(suppresses)) {
    for (const bool suppression : suppresses_) free_ += suppression ? 0 : 1;
  }

  std::size_t size() const { return free_; }

  design::RisingHighPass at(const std::vector<double>& z) const {
    const std::vector<OddQuintic> steps = steps_at(z);
    return {Chain(steps), sigma(steps, 0.1), sigma(steps, 0.9)};
  }

  /// log(sigma(.9) / sigma(.1)), and a penalty where sigma(.5) is not tau.
  double operator()(const std::vector<double>& z, double penalty) const {
    const std::vector<OddQuintic> steps = steps_at(z);
    const double off = std::log(sigma(steps, 0.5) / tau_);
    return std::log(sigma(steps, 0.9) / sigma(steps, 0.1)) + penalty * off * off;
  }

 private:
  std::vector<OddQuintic> steps_at(const std::vector<double>& z) const {
    std::vector<OddQuintic> steps;
    std::size_t next = 0;
    for (const bool suppression : suppresses_) {
      steps.push_back(suppression ? chains::suppression
                                  : design::plateau_step(0.5 - 0.5 * std::cos(z[next++])));
    }
    return steps;
  }

  /// Finds where the gain is y, back through the steps, each of which rises on [0, 1].
  static double sigma(const std::vector<OddQuintic>& steps, double y) {
    for (std::size_t k = steps.size(); k-- > 0;) y = inverse(steps[k], y);
    return y;
  }

  /// Finds where p, which rises from 0 to 1 on [0, 1], is y: by Newton's method, which gains little
  /// where p has a plateau; every eighth step, and each that leaves the bracket, halves this.
  static double inverse(const OddQuintic& p, double y) {
    double lo = 0.0, hi = 1.0, s = 0.5, moved = 1.0;
    for (int k = 1; moved > 0x1p-50; ++k) {
      const double off = p(s) - y;
      (off < 0.0 ? lo : hi) = s;
      double next = s - off / p.derivative(s);
      if (k % 8 == 0 || !(lo < next && next < hi)) next = 0.5 * (lo + hi);
      moved = std::fabs(next - s);
      s = next;
    }
    return s;
  }

  double tau_;
  std::vector<bool> suppresses_;
  std::size_t free_ = 0;
};

/// Finds a minimum of f near x by Nelder and Mead's simplex, which begins `size` wide. Puts the
/// place in x and returns f(x).
template <class Function>
double nelder_mead(const Function& f, std::vector<double>& x, double size, int iterations) {
  struct Vertex {
    double value;
    std::vector<double> x;
  };
  const std::size_t n = x.size();
  std::vector<Vertex> simplex = {{f(x), x}};
  for (std::size_t j = 0; j < n; ++j) {
    std::vector<double> corner = x;
    corner[j] += size;
    simplex.push_back({f(corner), corner});
  }
  const auto lower = [](const Vertex& one, const Vertex& two) { return one.value < two.value; };
  for (int i = 0; i < iterations && n > 0; ++i) {
    std::sort(simplex.begin(), simplex.end(), lower);
    Vertex& worst = simplex.back();
    std::vector<double> center(n, 0.0);
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t j = 0; j < n; ++j) center[j] += simplex[k].x[j] / static_cast<double>(n);
    }
    const auto beyond = [&](double factor) {
      Vertex v{0.0, center};
      for (std::size_t j = 0; j < n; ++j) v.x[j] += factor * (center[j] - worst.x[j]);
      v.value = f(v.x);
      return v;
    };
    const Vertex mirrored = beyond(1.0);
    if (mirrored.value < simplex.front().value) {
      const Vertex further = beyond(2.0);
      worst = further.value < mirrored.value ? further : mirrored;
    } else if (mirrored.value < simplex[n - 1].value) {
      worst = mirrored;
    } else {
      const Vertex nearer = beyond(mirrored.value < worst.value ? 0.5 : -0.5);
      if (nearer.value < (std::min)(mirrored.value, worst.value)) {
        worst = nearer;
        continue;
      }
      for (std::size_t k = 1; k <= n; ++k) {
        Vertex& v = simplex[k];
        for (std::size_t j = 0; j < n; ++j) v.x[j] = 0.5 * (v.x[j] + simplex.front().x[j]);
        v.value = f(v.x);
      }
    }
  }
  std::sort(simplex.begin(), simplex.end(), lower);
  x = simplex.front().x;
  return simplex.front().value;
}

}  // namespace pion::detail

namespace pion::design {

/// Finds the sharpest rising high-pass it can with f(tau) = 1/2: of all patterns of plateau steps
/// and suppression, the one of the least sigma(.9) / sigma(.1). Each is tried from a few seeded
/// starts, the best five from more.
///
/// With five steps the ratio is 1.618 at tau = .13, where Pion's kp = 3 has 1.876.
/// Cost: some 700 ms for five steps, and twice that for every further one.
/// \throws std::invalid_argument unless 0 < tau < 1 and 1 <= steps <= 8; std::domain_error if no
///         pattern has its gain 1/2 within a thousandth of tau.
inline RisingHighPass monotone_high_pass(double tau, int steps = 5, std::uint64_t seed = 1) {
  if (!(0.0 < tau && tau < 1.0 && 1 <= steps && steps <= 8)) {
    detail::refuse_argument("monotone_high_pass: tau = " + detail::number_text(tau) +
                            ", steps = " + std::to_string(steps) + " is out of range");
  }
  struct Candidate {
    detail::RisingPattern pattern;
    std::vector<double> z;
    double value;
  };
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> angle(0.0, 3.141592653589793);
  const auto improve = [&](Candidate& best, int starts) {
    for (int i = 0; i < starts; ++i) {
      std::vector<double> z(best.pattern.size());
      for (double& x : z) x = angle(random);
      const auto f = [&best](const std::vector<double>& at) { return best.pattern(at, 100.0); };
      detail::nelder_mead(f, z, 0.3, 100);
      const double value = detail::nelder_mead(f, z, 0.1, 150);
      if (value < best.value) best = {best.pattern, z, value};
    }
  };
  std::vector<Candidate> all;
  for (unsigned word = 0; word < 1U << static_cast<unsigned>(steps); ++word) {
    std::vector<bool> suppresses(static_cast<std::size_t>(steps));
    for (std::size_t k = 0; k < suppresses.size(); ++k) suppresses[k] = ((word >> k) & 1U) != 0;
    Candidate next{{tau, suppresses}, {}, HUGE_VAL};
    improve(next, 8);
    all.push_back(next);
  }
  std::sort(all.begin(), all.end(),
            [](const Candidate& one, const Candidate& two) { return one.value < two.value; });
  RisingHighPass best;
  for (std::size_t k = 0; k < std::min<std::size_t>(all.size(), 5); ++k) {
    Candidate& c = all[k];
    improve(c, 20);
    for (const double penalty : {1e3, 1e5, 1e5}) {
      const auto f = [&](const std::vector<double>& at) { return c.pattern(at, penalty); };
      detail::nelder_mead(f, c.z, 0.01, 300);
    }
    const RisingHighPass found = c.pattern.at(c.z);
    if (std::fabs(found.chain(tau) - 0.5) > 2e-3) continue;
    if (best.chain.empty() || found.ratio() < best.ratio()) best = found;
  }
  if (best.chain.empty()) {
    detail::refuse_values("monotone_high_pass: no rising chain of " + std::to_string(steps) +
                          " steps was found with its cutoff at " + detail::number_text(tau));
  }
  return best;
}

}  // namespace pion::design
