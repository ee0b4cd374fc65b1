// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <array>
#include <cmath>    // std::exp2, std::frexp, std::ldexp, std::nearbyint, std::pow
#include <cstddef>  // std::size_t
#include <cstdint>  // std::uint64_t
#include <random>
#include <string>
#include <vector>

#include <pion/design/band_loss.hpp>
#include <pion/design/designed.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/chain.hpp>
#include <pion/filter/shape.hpp>

namespace pion::design {

/// What coefficients are stored in (float32, bfloat16), or printed to (decimals3: three digits
/// behind the point).
enum class Rounding { float32, bfloat16, decimals3 };
/// Each of them.
inline constexpr std::array<Rounding, 3> all_roundings = {Rounding::float32, Rounding::bfloat16,
                                                          Rounding::decimals3};

/// The name of one, as the tool writes it.
inline const char* name(Rounding to) {
  constexpr const char* names[] = {"float32", "bfloat16", "decimals3"};
  return names[static_cast<int>(to)];
}

/// Rounds to the nearest number of that kind, halves to even. bfloat16 has 8 significant bits.
inline double rounded(double x, Rounding to) {
  if (to == Rounding::decimals3) return std::nearbyint(x * 1000.0) / 1000.0;
  int exponent = 0;
  const int bits = to == Rounding::float32 ? 24 : 8;
  const double fraction = std::frexp(x, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(fraction, bits)), exponent - bits);
}

/// Rounds every coefficient of a chain.
/// \throws std::invalid_argument if a coefficient is so large that it overflows.
inline Chain rounded(const Chain& f, Rounding to) {
  std::vector<OddQuintic> steps;
  for (const OddQuintic& p : f.steps()) {
    steps.push_back({rounded(p.a, to), rounded(p.b, to), rounded(p.c, to)});
  }
  return Chain(std::move(steps));
}

/// Computes f with rounded coefficients, and for float32 and bfloat16 in that precision too: the
/// numbers that the algorithms on a matrix store, s^2, b s^2 + c s^4 and the new s, are rounded;
/// the sums between are not.
class RoundedFilter {
 public:
  RoundedFilter(const Chain& f, Rounding to) : f_(rounded(f, to)), to_(to) {}

  double operator()(double s) const {
    if (to_ == Rounding::decimals3) return f_(s);
    s = rounded(s, to_);
    for (const OddQuintic& p : f_.steps()) {
      const double r = rounded(s * s, to_);
      const double h = rounded(r * (p.b + r * p.c), to_);
      s = rounded(s * (p.a + h), to_);
    }
    return s;
  }

 private:
  Chain f_;
  Rounding to_;
};

}  // namespace pion::design

namespace pion::detail {

/// Returns the points at which a change of f is looked for: 0, and 2000 points up to 1 as dense at
/// every scale above 1e-6 as near 1, for orthogonalisers rise within a thousandth.
inline std::vector<double> change_grid() {
  std::vector<double> grid = {0.0};
  for (int i = 1000; i > 0; --i) grid.push_back(std::pow(1e-6, i / 1000.0));
  for (int i = 1; i <= 1000; ++i) grid.push_back(i / 1000.0);
  return grid;
}

}  // namespace pion::detail

namespace pion::design {

/// Measures how much the gain moves when every coefficient errs, to first order: a relative error
/// of at most u in each moves f by at most u times this on [0, 1], as far as 2000 points tell.
///
/// It is a property of the coefficients and not of the filter alone: rescaled() keeps the filter
/// and changes the coefficients. A chain that doubles back on steep slopes has a large sensitivity.
inline double sensitivity(const Chain& f) {
  const detail::OwnedVector<double> theta = coefficients(f);
  detail::ClippedChain g(f.steps());
  detail::OwnedVector<double> row(theta.size());
  double largest = 0.0;
  for (const double s : detail::change_grid()) {
    g.with_gradient(s, row);
    largest = (std::max)(largest, row.cwiseProduct(theta).cwiseAbs().sum());
  }
  return largest;
}

/// Finds the largest |g - f| on [0, 1], as far as 2000 points tell; g is a Chain or a
/// RoundedFilter.
template <class Function>
double change(const Chain& f, const Function& g) {
  double largest = 0.0;
  for (const double s : detail::change_grid()) {
    largest = (std::max)(largest, std::fabs(g(s) - f(s)));
  }
  return largest;
}

/// Returns the same filter with other coefficients: the value after step k is multiplied by
/// factors[k - 1], and the value after the last step stays. A chain of T steps has T - 1 such
/// factors to choose; they change how it rounds.
/// \throws std::invalid_argument unless there is one factor fewer than steps, each positive.
inline Chain rescaled(const Chain& f, const std::vector<double>& factors) {
  if (factors.size() + 1 != f.steps().size()) {
    detail::refuse_argument("rescaled: " + std::to_string(factors.size()) + " factors for " +
                            std::to_string(f.size()) + " steps");
  }
  std::vector<OddQuintic> steps;
  double in = 1.0;
  for (std::size_t k = 0; k < f.steps().size(); ++k) {
    const double out = k < factors.size() ? factors[k] : 1.0;
    if (!(out > 0.0 && pion::detail::is_finite(out))) {
      detail::refuse_argument("rescaled: factor " + std::to_string(k + 1) + " is " +
                              detail::number_text(out));
    }
    const OddQuintic& p = f.steps()[k];
    const double square = in * in;
    steps.push_back(
        {out * p.a / in, out * p.b / (in * square), out * p.c / (in * square * square)});
    in = out;
  }
  return Chain(std::move(steps));
}

/// Finds the largest |value| after each step for an s in [0, 1]. Cost: as laps(), for each step.
/// \throws std::invalid_argument if f, or its first steps, have more than 65,536 laps on [0, 1].
inline std::vector<double> largest_iterates(const Chain& f) {
  std::vector<double> largest;
  Chain so_far;
  for (const OddQuintic& p : f.steps()) {
    so_far = so_far.then(Chain{p});
    const Range r = range(so_far);
    largest.push_back((std::max)(r.hi, -r.lo));
  }
  return largest;
}

/// What robust() tries, and what its choice is to bear.
struct RobustOptions {
  /// Storage that it is to bear.
  std::vector<Rounding> kinds = {Rounding::bfloat16, Rounding::decimals3};
  bool arithmetic = false;  ///< Compute in that precision too, as RoundedFilter.
  int tries = 2000;         ///< Choices of scales for each fit; positive.
  std::uint64_t seed = 1;   ///< Of the choices.
};

/// Chooses a fit that bears rounding: of some fits, each with `tries` seeded choices of the scales
/// between its steps, the one with the least sum of its loss and its losses with coefficients
/// rounded to each kind. The largest value after each step but the last lies between 1/sqrt(2) and
/// sqrt(2).
///
/// Cost: one evaluation of the loss a fit, a try and a kind.
/// \throws std::invalid_argument if there is no fit, `tries` is not positive, a step is zero, or a
///         fit has more than 65,536 laps on [0, 1].
inline Designed robust(const BandLoss& loss, const std::vector<Designed>& fits,
                       const RobustOptions& options = {}) {
  if (fits.empty() || options.tries < 1) {
    detail::refuse_argument("robust: " + std::to_string(fits.size()) + " fits, " +
                            std::to_string(options.tries) + " tries");
  }
  std::mt19937_64 random(options.seed);
  std::uniform_real_distribution<double> octave(-0.5, 0.5);
  Designed best;
  double least = 0.0;
  for (const Designed& fit : fits) {
    std::vector<double> largest = largest_iterates(fit.chain);
    if (!largest.empty()) largest.pop_back();
    for (int i = 0; i < options.tries; ++i) {
      std::vector<double> factors;
      factors.reserve(largest.size());
      for (const double x : largest) factors.push_back(std::exp2(octave(random)) / x);
      const Chain candidate = fit.chain.empty() ? fit.chain : rescaled(fit.chain, factors);
      double cost = fit.loss;
      for (const Rounding to : options.kinds) {
        cost += options.arithmetic ? loss.of(RoundedFilter(candidate, to))
                                   : loss(rounded(candidate, to));
        if (cost >= least && !best.chain.empty()) break;
      }
      if (!best.chain.empty() && cost >= least) continue;
      best = {candidate, loss(candidate)};
      least = cost;
    }
  }
  return best;
}

}  // namespace pion::design
