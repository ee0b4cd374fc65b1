// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::ldexp
#include <optional>

#include <pion/certify/enclosure.hpp>
#include <pion/certify/verdict.hpp>
#include <pion/detail/bisect.hpp>

namespace pion::certified {

/// The inputs that repetition of a chain takes to 1.
///
/// Where it is proved, f has one attracting fixed point in `attractor`, and f, repeated, takes
/// every s with from.hi() <= s <= to.lo() to that point; the largest such interval ends in `from`
/// and in `to`. Where nothing is known beyond, from.lo() is 0, which never comes to 1, and to.hi()
/// is infinite. Where it is undecided, no neighbourhood of 1 was found that f contracts into
/// itself, and the other members mean nothing.
struct Basin {
  Verdict verdict = Verdict::undecided;  ///< Whether the others are proved.
  Interval attractor;
  Interval from;
  Interval to;
};

}  // namespace pion::certified

namespace pion::detail {

/// Tells whether repetition of a chain settles near 1 or elsewhere. A *trap* is a neighbourhood of
/// a fixed point that f maps into itself and contracts, so that what enters it comes to that point.
class Repetition {
 public:
  Repetition(const Enclosure& f, int times)
      : f_(f), times_(times), one_(trap_around(1.0)), zero_(trap_around(0.0)) {}

  const std::optional<Interval>& trap() const { return one_; }

  /// Tells whether all of s is seen to come to the trap around 1.
  bool settles(Interval s) const {
    for (int i = 0; i < times_; ++i) {
      if (one_->contains(s)) return true;
      const Interval next = f_.image(s);
      if (next.contains(s)) return false;  // and so will every later one
      s = next;
    }
    return false;
  }

  /// Tells whether s is seen to come to 0, or to the mirror image of the trap around 1.
  bool leaves(Interval s) const {
    for (int i = 0; i < times_; ++i) {
      if (one_->overlaps(s)) return false;
      if ((zero_ && zero_->contains(s)) || one_->contains(-s)) return true;
      s = f_.image(s);
    }
    return false;
  }

  /// Encloses the end of the points that settle, on the way from `settled`, which does, to `limit`,
  /// where the search ends. `beyond` is the end of the answer where nothing on the way is seen to
  /// leave: 0, which does not settle, or infinity.
  Interval edge(double settled, double limit, double beyond) const {
    const auto holds = [&](double t) { return settles(hull(1.0, t)); };
    const double in = holds(limit) ? limit : bisect(holds, settled, limit, 0x1p-54).inside;
    for (int power = -53; power < 0; ++power) {
      const double distance = std::ldexp(1.0, power);
      const double out = beyond < in ? (std::max)(in - distance, beyond) : in + distance;
      if (leaves(out)) return hull(in, out);
    }
    return hull(in, beyond);
  }

 private:
  /// Finds the largest neighbourhood tried that f maps into itself and contracts (Banach's fixed
  /// point theorem); nothing if there is none.
  std::optional<Interval> trap_around(double center) const {
    for (int power = -3; power > -45; --power) {
      const double radius = std::ldexp(1.0, power);
      const Interval trap{center - radius, center + radius};
      if (f_.slope(trap).magnitude() < 1.0 && trap.contains(f_.image(trap))) return trap;
    }
    return std::nullopt;
  }

  const Enclosure& f_;
  int times_;
  std::optional<Interval> one_;
  std::optional<Interval> zero_;
};

}  // namespace pion::detail

namespace pion::certified {

/// Finds which inputs in [0, reach] return to 1 when f is applied again and again, `times` at most.
/// For suppression they are (.816497, 1.139740): a singular value above 1.139740, from a norm that
/// was estimated too small, is lost.
///
/// Cost: about 120 times `times` evaluations of f at worst.
/// \throws std::invalid_argument unless reach is finite and above 1, and times is positive.
inline Basin basin_of_one(const Chain& f, double reach = 2.0, int times = 256) {
  detail::finite_interval("basin_of_one", 1.0, reach);
  if (times < 1) detail::refuse_argument("basin_of_one: times is not positive");
  const detail::Enclosure g(f);
  const detail::Repetition repeated(g, times);
  if (!repeated.trap()) return {};
  Interval attractor = *repeated.trap();
  for (int i = 0; i < times; ++i) attractor = intersection(attractor, g.image(attractor)).value();
  const Interval& trap = *repeated.trap();
  return {Verdict::proved, attractor, repeated.edge(trap.lo(), 0.0, 0.0),
          repeated.edge(trap.hi(), (std::max)(trap.hi(), reach), detail::infinity)};
}

}  // namespace pion::certified
