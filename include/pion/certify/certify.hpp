// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::all_of
#include <array>
#include <vector>

#include <pion/certify/basin.hpp>
#include <pion/certify/fixed_points.hpp>
#include <pion/certify/monotone.hpp>
#include <pion/certify/shape.hpp>
#include <pion/certify/steepness.hpp>
#include <pion/certify/verdict.hpp>
#include <pion/filter/filter.hpp>

namespace pion {

/// Where a certificate looks, and how hard.
struct CertifyOptions {
  double lo = 0.0;                 ///< The interval's lower end.
  double hi = 1.0;                 ///< Its upper end.
  certified::SearchBudget effort;  ///< How many pieces a search may look at.
};

/// What is proved of a chain on an interval. Each part says what is proved and what is not; a part
/// that is undecided is still sound, its enclosures only wide.
struct Certificate {
  certified::RangeEnclosure range;                   ///< The values of f.
  certified::Monotone monotone;                      ///< Whether f never falls.
  std::vector<certified::FixedPoint> fixed_points;   ///< Where f(s) = s, ascending.
  std::array<certified::Crossing, 5> sigma_at_gain;  ///< .01, .1, .5, .9 and .99.
  Interval lipschitz;                                ///< The largest abs f'(s), enclosed.

  /// Tells whether every question has its answer.
  bool complete() const {
    const auto decided = [](const auto& part) { return part.verdict != Verdict::undecided; };
    return decided(monotone) && std::all_of(fixed_points.begin(), fixed_points.end(), decided) &&
           std::all_of(sigma_at_gain.begin(), sigma_at_gain.end(), decided);
  }
};

/// Proves the shape of a chain. Cost: a few milliseconds for five steps. `options.effort` bounds
/// the cost where a chain is chaotic or overflows: about ten seconds for sixty such steps.
/// \throws std::invalid_argument unless lo <= hi, both finite.
inline Certificate certify(const Chain& f, const CertifyOptions& options = {}) {
  const double lo = options.lo, hi = options.hi;
  const auto sigma = [&](double gain) { return certified::sigma_at_gain(f, gain, lo, hi); };
  return {certified::range(f, lo, hi),
          certified::monotone(f, lo, hi),
          certified::fixed_points(f, lo, hi, options.effort),
          {sigma(0.01), sigma(0.1), sigma(0.5), sigma(0.9), sigma(0.99)},
          certified::lipschitz(f, lo, hi, options.effort)};
}

/// Proves the shape of a filter's chain. What a singular value is measured against does not enter.
/// \throws std::invalid_argument unless lo <= hi, both finite.
inline Certificate certify(const Filter& f, const CertifyOptions& options = {}) {
  return certify(f.chain, options);
}

}  // namespace pion
