// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::max
#include <cmath>      // std::fabs, std::ilogb, std::isfinite, std::ldexp
#include <optional>
#include <string>
#include <vector>

#include <pion/certify/interval.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/chain.hpp>

/// A chain on intervals, without the dependency problem.
///
/// The image of an interval under a continuous function is an interval, and the image under a
/// composition is the image of the image. So a chain's range costs one quintic at a time, and a
/// quintic takes its extremes at the ends and at its turns, which are closed forms: the enclosures
/// below are as tight as the rounding, whatever the length of the chain and of the interval.
namespace pion {

namespace certified {

/// The least and the greatest value of a function, each enclosed.
struct RangeEnclosure {
  Interval lo;  ///< Holds the least.
  Interval hi;  ///< Holds the greatest.

  /// Returns an interval that holds all values.
  Interval outer() const { return {lo.lo(), hi.hi()}; }
};

}  // namespace certified

namespace detail {

using certified::RangeEnclosure;

/// q(s) = c0 + c1 s^2 + c2 s^4: a quintic's slope p'(s), or its multiplier p(s) / s.
class EvenQuartic {
 public:
  EvenQuartic(const Interval& c0, const Interval& c1, const Interval& c2)
      : c0_(c0), c1_(c1), c2_(c2) {
    if (c2 == 0.0) return;
    vertex_ = -c1 / (2.0 * c2);
    at_vertex_ = at(*vertex_);
  }

  /// Encloses q on all of s, tightly: a parabola in s^2 has its extremes at the ends of s^2 and at
  /// its vertex.
  Interval image(const Interval& s) const {
    const Interval r = square(s);
    const Interval ends = hull(at(r.lo()), at(r.hi()));
    return vertex_ && vertex_->overlaps(r) ? hull(ends, at_vertex_) : ends;
  }

  /// Encloses q'(s) = 2 c1 s + 4 c2 s^3.
  Interval slope(const Interval& s) const { return s * (2.0 * c1_ + square(s) * (4.0 * c2_)); }

 private:
  Interval at(const Interval& r) const { return c0_ + r * (c1_ + r * c2_); }

  Interval c0_, c1_, c2_;
  std::optional<Interval> vertex_;
  Interval at_vertex_;
};

/// Returns the power of two that brings the largest coefficient of p near 1, so that products of
/// coefficients neither overflow nor vanish; 1 where p is zero.
inline double scale_of(const OddQuintic& p) {
  const double size = (std::max)({std::fabs(p.a), std::fabs(p.b), std::fabs(p.c)});
  return size == 0.0 ? 1.0 : std::ldexp(1.0, std::clamp(-std::ilogb(size), -1022, 1022));
}

/// Where p' may change its sign, s > 0, and the value of p there.
struct Turn {
  Interval at;
  Interval value;
  bool certain = false;  ///< p' does change its sign, once, in `at`.

  Turn mirrored() const { return {-at, -value, certain}; }
};

/// One step: its slope, its multiplier and its turns.
class Step {
 public:
  explicit Step(const OddQuintic& p)
      : slope(p.a, 3.0 * Interval(p.b), 5.0 * Interval(p.c)), multiplier(p.a, p.b, p.c), p_(p) {
    // The roots r = s^2 of a + 3 b r + 5 c r^2, as in even_quartic_roots() of polynomial.hpp. A
    // discriminant that is not positive leaves no change of sign, at most a level inflection.
    const double scale = scale_of(p);
    const Interval c0 = scale * Interval(p.a), c1 = 3.0 * (scale * Interval(p.b)),
                   c2 = 5.0 * (scale * Interval(p.c));
    const Interval discriminant = square(c1) - 4.0 * c0 * c2;
    if (discriminant.hi() <= 0.0) return;
    const Interval root = sqrt(discriminant);
    const Interval q = -0.5 * (p.b < 0.0 ? c1 - root : c1 + root);
    const bool simple = discriminant.lo() > 0.0;
    keep(c0 / q, simple);
    if (p.c != 0.0) keep(q / c2, simple);
  }

  /// Encloses p on all of s, tightly.
  Interval image(const Interval& s) const {
    Interval y = hull(at(s.lo()), at(s.hi()));
    for (const Turn& turn : turns()) {
      if (turn.at.overlaps(s)) y = hull(y, turn.value);
    }
    return y;
  }

  /// Encloses the least and the greatest value of p on an interval whose ends are enclosed.
  RangeEnclosure image(const RangeEnclosure& s) const {
    const Interval left = image(s.lo), right = image(s.hi);
    RangeEnclosure y{(min)(left, right), (max)(left, right)};
    for (const Turn& turn : turns()) {
      if (!s.outer().overlaps(turn.at)) continue;
      const bool inside = s.lo.hi() <= turn.at.lo() && turn.at.hi() <= s.hi.lo();
      const Interval lo = (min)(y.lo, turn.value), hi = (max)(y.hi, turn.value);
      y = inside ? RangeEnclosure{lo, hi}
                 : RangeEnclosure{{lo.lo(), y.lo.hi()}, {y.hi.lo(), hi.hi()}};
    }
    return y;
  }

  /// Returns the turns, on both sides of 0.
  const std::vector<Turn>& turns() const { return turns_; }
  bool is_zero() const { return p_ == OddQuintic{}; }

  EvenQuartic slope;
  EvenQuartic multiplier;

 private:
  Interval at(const Interval& s) const {
    const Interval r = square(s);
    return s * (p_.a + r * (p_.b + r * p_.c));
  }

  void keep(const Interval& square_of_turn, bool simple) {
    if (square_of_turn.hi() <= 0.0) return;  // at s = 0 an odd function does not turn
    const Interval s = sqrt(square_of_turn);
    const Interval m = s.midpoint();
    const Interval mean_value = at(m) + slope.image(s) * (s - m);
    const Turn turn{s, intersection(at(s), mean_value).value(),
                    simple && square_of_turn.lo() > 0.0};
    turns_.push_back(turn.mirrored());
    turns_.push_back(turn);
  }

  OddQuintic p_;
  std::vector<Turn> turns_;
};

/// A chain, ready to be enclosed.
class Enclosure {
 public:
  explicit Enclosure(const Chain& f) {
    steps_.reserve(f.steps().size());
    for (const OddQuintic& p : f.steps()) steps_.emplace_back(p);
  }

  const std::vector<Step>& steps() const { return steps_; }

  /// Encloses f on all of s, an Interval or a RangeEnclosure.
  template <class Set>
  Set image(Set s) const {
    for (const Step& step : steps_) s = step.image(s);
    return s;
  }

  /// Encloses f' on all of s: a product of tight factors, which is tight where s is short.
  Interval slope(Interval s) const {
    Interval product = 1.0;
    for (const Step& step : steps_) {
      product = product * step.slope.image(s);
      s = step.image(s);
    }
    return product;
  }

 private:
  std::vector<Step> steps_;
};

/// Returns [lo, hi].
/// \throws std::invalid_argument unless lo <= hi, both finite.
inline Interval finite_interval(const char* where, double lo, double hi) {
  if (!(lo <= hi && std::isfinite(lo) && std::isfinite(hi))) {
    refuse_argument(std::string(where) + ": [" + number_text(lo) + ", " + number_text(hi) +
                    "] is not a finite interval");
  }
  return {lo, hi};
}

}  // namespace detail
}  // namespace pion
