// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::exp, std::log
#include <string>
#include <vector>

#include <pion/design/minimax.hpp>
#include <pion/detail/bisect.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/chain.hpp>

namespace pion::design {

/// Which odd polynomial a step is: a cubic costs two products of matrices, a quintic three.
enum class Degree { cubic, quintic };

/// How polar_express() makes its steps.
struct PolarExpressOptions {
  Degree degree = Degree::quintic;  ///< Of each step.
  /// A step is made for no interval wider than [cushion * hi, hi]: with less slope at 0, it rounds
  /// more kindly. The authors' table has .024073..., their code .02.
  double cushion = 0.0;
  /// Every step but the last is applied to s / safety, so that an s of up to `safety` times the
  /// bound does no harm in low precision. The authors take 1.01.
  double safety = 1.0;
};

/// Designs Polar Express: each step is the minimax polynomial on the interval into which the steps
/// before it take [lo, 1] (Amsel, Persson, Musco and Gower 2025). Without cushion and safety no
/// composition of such polynomials comes nearer to 1 on [lo, 1]: the greedy chain is optimal, and
/// its error is 1 - f(lo).
/// \throws std::invalid_argument unless 0 < lo <= 1, steps >= 0, 0 <= cushion < 1 and safety >= 1.
inline Chain polar_express(double lo, int steps, const PolarExpressOptions& options = {}) {
  const double cushion = options.cushion, safety = options.safety;
  if (!(0.0 < lo && lo <= 1.0 && steps >= 0 && 0.0 <= cushion && cushion < 1.0 && 1.0 <= safety &&
        pion::detail::is_finite(safety))) {
    detail::refuse_argument("polar_express: lo = " + detail::number_text(lo) + ", steps = " +
                            std::to_string(steps) + ", cushion = " + detail::number_text(cushion) +
                            ", safety = " + detail::number_text(safety) + " is out of range");
  }
  const auto minimax = options.degree == Degree::cubic ? minimax_cubic : minimax_quintic;
  const auto scaled = [](const OddQuintic& p, double in, double out) {  // out * p(in * s)
    const double cube = in * in * in;
    return OddQuintic{out * in * p.a, out * cube * p.b, out * cube * in * in * p.c};
  };
  std::vector<OddQuintic> chain;
  double hi = 1.0;
  for (int t = 1; t <= steps; ++t) {
    OddQuintic p = minimax((std::max)(lo, cushion * hi), hi).p;
    if (cushion * hi > lo) p = scaled(p, 1.0, 2.0 / (p(lo) + p(hi)));  // [lo, hi] about 1 again
    if (t < steps) p = scaled(p, 1.0 / safety, 1.0);
    chain.push_back(p);
    lo = p(lo);
    hi = 2.0 - lo;
    lo = (std::min)(lo, hi);
  }
  return Chain(std::move(chain));
}

/// A chain into [1 - delta, 1 + delta], and the smallest s from which it gets there.
struct CansChain {
  Chain chain;
  double from = 0.0;
};

/// Designs CANS (Grishina, Smirnov and Rakhuba 2025): the chain of so many steps that takes the
/// widest [from, 1] into [1 - delta, 1 + delta], and so has the largest slope at 0 of those that
/// do. It is polar_express() of the `from` at which the error is delta, found by bisection of
/// log(from).
///
/// Cost: some sixty designs of a chain.
/// \throws std::invalid_argument unless 0 < delta < 1 and steps >= 1.
inline CansChain cans(double delta, int steps, Degree degree = Degree::quintic) {
  if (!(0.0 < delta && delta < 1.0 && steps >= 1)) {
    detail::refuse_argument("cans: steps = " + std::to_string(steps) +
                            ", delta = " + detail::number_text(delta) + " is out of range");
  }
  const auto chain = [&](double from) { return polar_express(from, steps, {degree, 0.0, 1.0}); };
  const auto short_of = [&](double log_from) {
    const double from = std::exp(log_from);
    return 1.0 - delta - chain(from)(from);
  };
  const double from = std::exp(detail::zero_between(short_of, -80.0, 0.0));
  return {chain(from), from};
}

}  // namespace pion::design
