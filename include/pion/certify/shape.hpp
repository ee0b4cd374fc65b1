// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::min, std::max
#include <cmath>      // std::fabs, std::isfinite
#include <cstddef>    // std::size_t
#include <optional>
#include <string>

#include <pion/certify/enclosure.hpp>
#include <pion/filter/shape.hpp>

namespace pion {

/// The answer to a question about real numbers from arithmetic with doubles: never a guess.
enum class Verdict { proved, disproved, undecided };

/// What filter/shape.hpp computes, proved: every answer is a statement about the chain with exactly
/// the coefficients given and in exact arithmetic, on the singular values, and not about the
/// rounding of applying it to a matrix. Intervals are finite; the functions throw
/// std::invalid_argument if lo > hi or an end is not finite.
namespace certified {

/// The least and the greatest value of f on [lo, hi]. Cost: some microseconds.
///
/// Muon's five steps on [.01, 1] reach from .681831462177 to 1.134357264562, each enclosed to
/// within 1e-14. High-pass on [0, 1]: 0 and 1, exactly.
inline RangeEnclosure range(const Chain& f, double lo = 0.0, double hi = 1.0) {
  detail::finite_interval("range", lo, hi);
  return detail::Enclosure(f).image(RangeEnclosure{lo, hi});
}

/// max |f - target| on [lo, hi]. Cost: as range().
inline Interval deviation(const Chain& f, double target, double lo, double hi) {
  const RangeEnclosure y = certified::range(f, lo, hi);
  return (max)(target - y.lo, y.hi - target);
}

/// max |f - 1| on the pass band [from, to], and max |f| on the stop band [0, to].
inline Interval pass_ripple(const Chain& f, double from, double to = 1.0) {
  return certified::deviation(f, 1.0, from, to);
}
inline Interval stop_ripple(const Chain& f, double to) {
  return certified::deviation(f, 0.0, 0.0, to);
}

/// x < y and f(x) > f(y).
struct Descent {
  double x = 0.0;
  double y = 0.0;
};

/// Whether f never falls; where it is disproved, a place where f falls, proved.
struct Monotone {
  Verdict verdict = Verdict::undecided;
  std::optional<Descent> fall;
};

}  // namespace certified

namespace detail {

/// A double on the way from `yes` to `no` of which `holds` was seen, `resolution` or a neighbour
/// away from one of which it was not, by bisection. It must hold at `yes`.
template <class Property>
double furthest(const Property& holds, double yes, double no, double resolution = 0.0) {
  while (std::fabs(no - yes) > resolution) {
    const double middle = yes + 0.5 * (no - yes);
    if (middle == yes || middle == no) break;
    (holds(middle) ? yes : no) = middle;
  }
  return yes;
}

/// f(x) > f(y), by the values at x < y or by the slope between.
inline bool falls(const Enclosure& f, double x, double y) {
  if (!(x < y)) return false;
  return f.image(Interval(x)).lo() > f.image(Interval(y)).hi() || f.slope({x, y}).hi() < 0.0;
}

/// A fall at a turn of f: near it, f falls on one side. Tries both, at all distances.
inline certified::Monotone fall_near(const Enclosure& f, double turn, double lo, double hi) {
  double distance = hi - lo;
  for (int i = 0; i < 60; ++i, distance *= 0.5) {
    for (const double way : {-distance, distance}) {
      const double one = std::clamp(turn + 0.5 * way, lo, hi);
      const double other = std::clamp(turn + way, lo, hi);
      const certified::Descent fall{(std::min)(one, other), (std::max)(one, other)};
      if (falls(f, fall.x, fall.y)) return {Verdict::disproved, fall};
    }
  }
  return {};
}

}  // namespace detail

namespace certified {

/// Whether f never falls on [lo, hi], so that the order of the singular values is kept.
///
/// A composition that is not constant is monotone if and only if every step is monotone on the
/// image of the steps before it, and a step is monotone on an interval that holds none of its
/// turns within: so what decides are closed forms. Exact coefficients stay exact: promotion, whose
/// slope touches 0 at 1, is proved; a coefficient moved by 1e-12 the wrong way is disproved.
/// Cost: as range(), and for a fall up to 240 evaluations of f.
inline Monotone monotone(const Chain& f, double lo = 0.0, double hi = 1.0) {
  detail::finite_interval("monotone", lo, hi);
  const detail::Enclosure g(f);
  Monotone answer{Verdict::proved, std::nullopt};
  if (lo == hi) return answer;
  for (const detail::Step& step : g.steps()) {
    if (step.is_zero()) return answer;
  }
  RangeEnclosure x{lo, hi};
  bool rising = true;
  Chain so_far;
  for (std::size_t i = 0; i < g.steps().size(); ++i) {
    const detail::Step& step = g.steps()[i];
    for (const detail::Turn& turn : step.turns()) {
      if (turn.at.hi() <= x.lo.lo() || turn.at.lo() >= x.hi.hi()) continue;
      answer.verdict = Verdict::undecided;
      if (turn.certain && turn.at.lo() > x.lo.hi() && turn.at.hi() < x.hi.lo()) {
        const double level = turn.at.midpoint();
        const auto until = [&](double s) { return so_far(s) - level; };
        return detail::fall_near(g, detail::bisect(until, lo, hi), lo, hi);
      }
    }
    const Interval left = step.image(x.lo), right = step.image(x.hi);
    const Interval slope = step.slope.image(x.outer());
    if (left.lo() > right.hi() || slope.hi() < 0.0) {
      rising = !rising;
    } else if (!(left.hi() < right.lo() || slope.lo() > 0.0)) {
      answer.verdict = Verdict::undecided;
    }
    x = step.image(x);
    so_far = so_far.then(Chain{f.steps()[i]});
  }
  if (rising || answer.verdict != Verdict::proved) return answer;
  return detail::fall_near(g, lo, lo, hi);
}

/// Whether, and where, |f| reaches a gain.
///
/// proved: it does; |f| < gain on [lo, sigma.lo()), and |f| >= gain somewhere in [lo, sigma.hi()].
/// disproved: it does nowhere, and sigma means nothing. undecided: |f| < gain below sigma.lo().
struct Crossing {
  double gain = 0.0;
  Verdict verdict = Verdict::undecided;
  Interval sigma;
};

/// The smallest sigma in [lo, hi] with |f(sigma)| >= gain.
///
/// max |f| on [lo, t] grows with t, and range() encloses it: so a bisection proves both ends.
/// Cost: about 130 calls of range().
/// \throws std::invalid_argument if `gain` is not a finite positive number.
inline Crossing sigma_at_gain(const Chain& f, double gain, double lo = 0.0, double hi = 1.0) {
  detail::finite_interval("sigma_at_gain", lo, hi);
  if (!(gain > 0.0 && std::isfinite(gain))) {
    detail::refuse_argument("sigma_at_gain: the gain " + std::to_string(gain) +
                            " is not a finite positive number");
  }
  const detail::Enclosure g(f);
  const auto largest_until = [&](double t) {
    const RangeEnclosure y = g.image(RangeEnclosure{lo, t});
    return (max)(-y.lo, y.hi);
  };
  if (largest_until(hi).hi() < gain) return {gain, Verdict::disproved, hi};
  const auto below = [&](double t) { return largest_until(t).hi() < gain; };
  const auto reached = [&](double t) { return largest_until(t).lo() >= gain; };
  const double first = below(lo) ? detail::furthest(below, lo, hi) : lo;
  if (!reached(hi)) return {gain, Verdict::undecided, {first, hi}};
  return {gain, Verdict::proved, {first, detail::furthest(reached, hi, first)}};
}

}  // namespace certified
}  // namespace pion
