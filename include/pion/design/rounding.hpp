// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::exp2, std::frexp, std::ldexp, std::nearbyint
#include <cstddef>    // std::size_t
#include <cstdint>    // std::uint64_t
#include <random>
#include <string>
#include <vector>

#include <pion/chain.hpp>
#include <pion/design/band_loss.hpp>
#include <pion/detail/check.hpp>
#include <pion/laps.hpp>

namespace pion::design {

/// What coefficients are stored in, or printed to.
enum class Rounding { float32, bfloat16, decimals3 };

/// The nearest number of that kind, halves to even. bfloat16 has 8 significant bits.
inline double rounded(double x, Rounding to) {
  if (to == Rounding::decimals3) return std::nearbyint(x * 1000.0) / 1000.0;
  int exponent = 0;
  const int bits = to == Rounding::float32 ? 24 : 8;
  const double fraction = std::frexp(x, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(fraction, bits)), exponent - bits);
}

/// The chain whose every coefficient is rounded. Throws as Chain.
inline Chain rounded(const Chain& f, Rounding to) {
  std::vector<OddQuintic> steps;
  for (const OddQuintic& p : f.steps()) {
    steps.push_back({rounded(p.a, to), rounded(p.b, to), rounded(p.c, to)});
  }
  return Chain(std::move(steps));
}

/// The same filter, with the value after step k multiplied by factors[k - 1]; the value after the
/// last step stays. A chain of T steps has T - 1 such freedoms; they change how it rounds.
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
    if (!(out > 0.0 && std::isfinite(out))) {
      detail::refuse_argument("rescaled: factor " + std::to_string(k + 1) + " is " +
                              std::to_string(out));
    }
    const OddQuintic& p = f.steps()[k];
    const double square = in * in;
    steps.push_back(
        {out * p.a / in, out * p.b / (in * square), out * p.c / (in * square * square)});
    in = out;
  }
  return Chain(std::move(steps));
}

/// The largest |value| after each step for an s in [0, 1]. Throws as laps().
inline std::vector<double> largest_iterates(const Chain& f) {
  std::vector<double> largest;
  Chain so_far;
  for (const OddQuintic& p : f.steps()) {
    so_far = so_far.then(Chain{p});
    const Range r = range(so_far);
    largest.push_back(std::max(r.hi, -r.lo));
  }
  return largest;
}

/// The same filter, so scaled between its steps that its coefficients bear rounding: of `tries`
/// seeded choices, the one with the least sum of the losses after rounding to bfloat16 and to three
/// decimals. The largest value after each step but the last lies between 1/sqrt(2) and sqrt(2).
///
/// Cost: two evaluations of the loss a try.
/// \throws std::invalid_argument if `tries` is not positive or a step is zero; and as laps().
inline Chain rescaled_for_rounding(const BandLoss& loss, const Chain& f, int tries = 20000,
                                   std::uint64_t seed = 1) {
  if (tries < 1) {
    detail::refuse_argument("rescaled_for_rounding: tries = " + std::to_string(tries));
  }
  if (f.size() < 2) return f;
  std::vector<double> largest = largest_iterates(f);
  largest.pop_back();
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> octave(-0.5, 0.5);
  Chain best;
  double least = 0.0;
  for (int i = 0; i < tries; ++i) {
    std::vector<double> factors;
    factors.reserve(largest.size());
    for (const double x : largest) factors.push_back(std::exp2(octave(random)) / x);
    const Chain candidate = rescaled(f, factors);
    const double cost = loss(rounded(candidate, Rounding::bfloat16)) +
                        loss(rounded(candidate, Rounding::decimals3));
    if (i == 0 || cost < least) {
      best = candidate;
      least = cost;
    }
  }
  return best;
}

}  // namespace pion::design
