// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::sort
#include <optional>
#include <utility>  // std::move
#include <vector>

#include <pion/certify/enclosure.hpp>
#include <pion/certify/steepness.hpp>
#include <pion/certify/verdict.hpp>

namespace pion::certified {

/// Where it is proved, exactly one s in `at` has f(s) = s, and f' there lies in `slope`; a slope
/// between -1 and 1 attracts. Where it is undecided, `at` may hold none, one or several, as where f
/// touches the diagonal.
struct FixedPoint {
  Interval at;
  Interval slope;
  Verdict verdict = Verdict::undecided;  ///< Proved or undecided.
};

}  // namespace pion::certified

namespace pion::detail {

struct Candidate {
  Interval at;
  bool proved = false;
};

/// Searches the zeros of g(s) = f(s) - s.
class FixedPointSearch {
 public:
  explicit FixedPointSearch(const Enclosure& f) : f_(f) {}

  /// Encloses all zeros in s, in ascending order, by intervals that do not touch. A point that is
  /// in no candidate is no fixed point.
  std::vector<Candidate> all_in(const Interval& s, const certified::SearchBudget& effort) {
    std::vector<Interval> pieces = {s}, halves;
    int looked_at = 0;
    for (int depth = 0; !pieces.empty(); ++depth, pieces.swap(halves)) {
      halves.clear();
      for (const Interval& piece : pieces) {
        if (excluded(piece)) continue;
        if (monotone(piece)) {
          keep(contracted(piece));
        } else if (++looked_at > effort.pieces || depth > 60 || (depth >= 12 && blurred(piece))) {
          keep(Candidate{piece, false});
        } else {
          const double m = piece.midpoint();
          halves.push_back({piece.lo(), m});
          halves.push_back({m, piece.hi()});
        }
      }
    }
    join();
    std::vector<Candidate> joined;
    joined.swap(found_);
    for (const Candidate& c : joined) {
      const std::optional<Candidate> better = c.proved ? c : confirmed(c);
      if (better && better->at.overlaps(s)) keep(better);
    }
    join();
    return std::move(found_);
  }

 private:
  Interval gap(const Interval& s) const { return f_.image(s) - s; }
  Interval gap_slope(const Interval& s) const { return f_.slope(s) - 1.0; }
  bool monotone(const Interval& s) const { return !gap_slope(s).contains(0.0); }

  bool excluded(const Interval& s) const {
    const Interval m = s.midpoint();
    return !f_.image(s).overlaps(s) || !(gap(m) + gap_slope(s) * (s - m)).contains(0.0);
  }

  /// Tells whether g cannot be told from 0 at three points: halves would say no more.
  bool blurred(const Interval& s) const {
    return gap(s.lo()).contains(0.0) && gap(s.midpoint()).contains(0.0) &&
           gap(s.hi()).contains(0.0);
  }

  Interval newton(const Interval& s) const {
    const Interval m = s.midpoint();
    return m - gap(m) / gap_slope(s);
  }

  /// Closes in on the zero of g by interval Newton, where g is monotone; nothing if there is none.
  std::optional<Candidate> contracted(Interval s) const {
    for (const double end : {s.lo(), s.hi()}) {
      if (gap(end) == 0.0) return Candidate{end, true};
    }
    bool proved = false;
    for (;;) {
      const Interval next = newton(s);
      proved = proved || s.contains_in_interior(next);
      const std::optional<Interval> both = intersection(s, next);
      if (!both) return std::nullopt;
      if (both->width() >= 0.75 * s.width()) return Candidate{*both, proved};
      s = *both;
    }
  }

  /// Proves a zero at the end of a piece by looking a little beyond that end.
  std::optional<Candidate> confirmed(const Candidate& c) const {
    for (const double times : {1.0, 16.0, 256.0}) {
      const double more = times * (c.at.width() + 0x1p-52 * c.at.magnitude() + tiny);
      const Interval wide{c.at.lo() - more, c.at.hi() + more};
      if (!monotone(wide)) break;
      const std::optional<Candidate> better = contracted(wide);
      if (!better || better->proved) return better;
    }
    return c;
  }

  void keep(const std::optional<Candidate>& c) {
    if (c) found_.push_back(*c);
  }

  /// Joins candidates that touch. The result is proved if one of them was and g is monotone on
  /// both.
  void join() {
    std::sort(found_.begin(), found_.end(),
              [](const Candidate& c, const Candidate& d) { return c.at.lo() < d.at.lo(); });
    std::vector<Candidate> apart;
    for (const Candidate& c : found_) {
      if (apart.empty() || !apart.back().at.overlaps(c.at)) {
        apart.push_back(c);
        continue;
      }
      Candidate& last = apart.back();
      const Interval both = hull(last.at, c.at);
      last = {both, (last.proved || c.proved) && monotone(both)};
    }
    found_.swap(apart);
  }

  const Enclosure& f_;
  std::vector<Candidate> found_;
};

}  // namespace pion::detail

namespace pion::certified {

/// Encloses every s in [lo, hi] with f(s) = s, ascending, 0 among them; outside of all `at` there
/// is none.
///
/// Pieces that f maps off themselves are dropped, and where f(s) - s is monotone interval Newton
/// closes in (Neumaier, Interval Methods for Systems of Equations, ch. 5). A point at an end of a
/// piece is confirmed by looking beyond that end, so that `at` may reach past lo or hi by rounding.
/// Pieces that are not decided when `effort` is spent are in an undecided `at`: for the identity,
/// all of [lo, hi].
///
/// Cost: below a millisecond for five steps; at most `effort.pieces` enclosures of f and f' and as
/// many Newton steps.
/// \throws std::invalid_argument unless lo <= hi, both finite.
inline std::vector<FixedPoint> fixed_points(const Chain& f, double lo = 0.0, double hi = 1.0,
                                            SearchBudget effort = {}) {
  const Interval s = detail::finite_interval("fixed_points", lo, hi);
  const detail::Enclosure g(f);
  std::vector<FixedPoint> points;
  for (const detail::Candidate& c : detail::FixedPointSearch(g).all_in(s, effort)) {
    points.push_back({c.at, g.slope(c.at), c.proved ? Verdict::proved : Verdict::undecided});
  }
  return points;
}

}  // namespace pion::certified
