// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::any_of, std::clamp, std::min, std::max
#include <cstddef>    // std::size_t, std::ptrdiff_t
#include <optional>
#include <vector>

#include <pion/certify/enclosure.hpp>
#include <pion/certify/precise.hpp>
#include <pion/certify/verdict.hpp>
#include <pion/detail/bisect.hpp>
#include <pion/filter/chain.hpp>

namespace pion {

namespace certified {

/// x < y and f(x) > f(y).
struct Descent {
  double x = 0.0;
  double y = 0.0;
};

/// Whether f never falls; where that is disproved, a place where f falls, proved.
struct Monotone {
  Verdict verdict = Verdict::undecided;  ///< Proved where f never falls.
  std::optional<Descent> fall;           ///< Where it is disproved.
};

}  // namespace certified

namespace detail {

/// What a step does on an interval: rise, fall, or rise and fall.
enum class Course { rises, falls, turns, unknown };

/// The slope p'(s) = c0 + c1 r + c2 r^2 of a step, as a function of r = s^2.
class PreciseSlope {
 public:
  /// \param scale  multiplies the slope.
  explicit PreciseSlope(const OddQuintic& p, const Precise& scale = 1.0)
      : c0_(scale * p.a), c1_(3.0 * (scale * p.b)), c2_(5.0 * (scale * p.c)) {}

  Precise at(const Precise& r) const { return c0_ + r * (c1_ + r * c2_); }

  /// What p does on the s > 0 (or the s < 0) whose squares lie between r0 and r1.
  ///
  /// A quadratic that has one sign at both ends has the other between them only if its vertex lies
  /// between them and its value there, -(c1^2 - 4 c0 c2) / (4 c2), has the other sign.
  Course course(const Precise& r0, const Precise& r1) const {
    const std::optional<int> at0 = at(r0).sign(), at1 = at(r1).sign();
    if (!at0 || !at1) return Course::unknown;
    if (*at0 * *at1 < 0) return Course::turns;
    int sign = *at0 != 0 ? *at0 : *at1;
    const std::optional<int> discriminant = (c1_ * c1_ - 4.0 * (c0_ * c2_)).sign();
    if (!discriminant || *discriminant > 0 || sign == 0) {
      const std::optional<int> bend0 = bend(r0).sign(), bend1 = bend(r1).sign(), c2 = c2_.sign();
      if (!bend0 || !bend1 || !c2) return Course::unknown;
      if (*bend0 * *bend1 < 0) {  // the vertex lies between
        if (!discriminant) return Course::unknown;
        const int at_vertex = -*discriminant * *c2;
        if (at_vertex * sign < 0) return Course::turns;
        if (sign == 0) sign = at_vertex;
      }
    }
    return sign > 0 ? Course::rises : sign < 0 ? Course::falls : Course::unknown;
  }

 private:
  Precise bend(const Precise& r) const { return c1_ + 2.0 * (c2_ * r); }

  Precise c0_, c1_, c2_;
};

/// What p does on the interval with these ends, in either order.
inline Course course_between(const OddQuintic& p, const Precise& left, const Precise& right) {
  const PreciseSlope slope(p, scale_of(p));
  const std::optional<int> sign0 = left.sign(), sign1 = right.sign();
  if (sign0 && sign1 && *sign0 * *sign1 > 0) return slope.course(left * left, right * right);
  // The interval holds 0, or may hold it: look at both sides of 0, on each of which p does the
  // same.
  const Course one = slope.course(0.0, left * left), two = slope.course(0.0, right * right);
  if (sign0 == 0) return two;
  if (sign1 == 0) return one;
  if (one == Course::turns || two == Course::turns) {
    return sign0 && sign1 ? Course::turns : Course::unknown;
  }
  return one == two ? one : Course::unknown;
}

/// Whether f falls from x to y, proved by its values there or by the sign of its slope between.
inline bool falls(const Chain& f, const Enclosure& g, double x, double y) {
  if (!(x < y)) return false;
  if (g.image(Interval(x)).lo() > g.image(Interval(y)).hi()) return true;
  // The orbit of [x, y] as that of x and what lies above or below it, by the mean value theorem.
  Precise s = x;
  Interval beyond = hull(0.0, Interval(y) - x);
  int sign = 1;
  for (const OddQuintic& p : f.steps()) {
    const Precise all = s + Precise(0.0, beyond);
    const Precise slope = PreciseSlope(p).at(all * all);
    const std::optional<int> known = slope.sign();
    if (!known || *known == 0) return false;
    sign *= *known;
    beyond = beyond * slope.enclosure();
    s = p(s);
  }
  return sign < 0;
}

/// A fall of f near a point where it turns: f falls on one side. Tries both, at all distances.
inline std::optional<certified::Descent> fall_near(const Chain& f, const Enclosure& g, double turn,
                                                   const Interval& within) {
  double distance = within.width();
  for (int i = 0; i < 60; ++i, distance *= 0.5) {
    for (const double way : {-distance, distance}) {
      const double one = std::clamp(turn + 0.5 * way, within.lo(), within.hi());
      const double two = std::clamp(turn + way, within.lo(), within.hi());
      const certified::Descent fall{(std::min)(one, two), (std::max)(one, two)};
      if (falls(f, g, fall.x, fall.y)) return fall;
    }
  }
  return std::nullopt;
}

/// A fall of f, which turns in its step number k and in none before, at a point inside `within`.
inline std::optional<certified::Descent> fall_at_step(const Chain& f, std::size_t k,
                                                      const Interval& within) {
  const Enclosure g(f);
  const auto first = f.steps().begin();
  const Chain before(std::vector<OddQuintic>(first, first + static_cast<std::ptrdiff_t>(k)));
  std::vector<double> places;
  for (const Turn& turn : g.steps()[k].turns()) {
    const double level = turn.at.midpoint();
    places.push_back(
        zero_between([&](double s) { return before(s) - level; }, within.lo(), within.hi()));
  }
  places.insert(places.end(), {within.lo(), within.hi()});
  for (const double place : places) {
    if (const auto fall = fall_near(f, g, place, within)) return fall;
  }
  return std::nullopt;
}

}  // namespace detail

namespace certified {

/// Decides whether f never falls on [lo, hi], so that the order of the singular values is kept.
///
/// A composition that is not constant is monotone if and only if every step is monotone on the
/// image of the steps before it, whose ends are the images of lo and hi; and a step is monotone
/// there if and only if its slope, a quadratic in s^2, does not change its sign. Those signs are
/// found to about 32 digits, so that exact coefficients stay exact: promotion, whose slope is 0 at
/// 1, is proved, and so is a chain of such steps; a coefficient moved by 1e-16 the wrong way is
/// disproved. It is not decided where 32 digits are too few, where values overflow or underflow, or
/// where no two doubles are found between which f falls.
///
/// Cost: some 10 us; to find two such doubles, up to 1 ms more.
/// \throws std::invalid_argument unless lo <= hi, both finite.
inline Monotone monotone(const Chain& f, double lo = 0.0, double hi = 1.0) {
  const Interval within = detail::finite_interval("monotone", lo, hi);
  const auto constant = [](const OddQuintic& p) { return p == OddQuintic{}; };
  if (lo == hi || std::any_of(f.steps().begin(), f.steps().end(), constant)) {
    return {Verdict::proved, std::nullopt};
  }
  detail::Precise left = lo, right = hi;
  bool rising = true;
  for (std::size_t k = 0; k < f.steps().size(); ++k) {
    const OddQuintic& p = f.steps()[k];
    const detail::Course course = detail::course_between(p, left, right);
    if (course == detail::Course::unknown) return {};
    if (course == detail::Course::turns) {
      const std::optional<Descent> fall = detail::fall_at_step(f, k, within);
      return {fall ? Verdict::disproved : Verdict::undecided, fall};
    }
    if (course == detail::Course::falls) rising = !rising;
    left = p(left);
    right = p(right);
  }
  if (rising) return {Verdict::proved, std::nullopt};
  return {Verdict::disproved, Descent{lo, hi}};
}

}  // namespace certified
}  // namespace pion
