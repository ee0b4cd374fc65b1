// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::all_of, std::minmax, std::sort
#include <cmath>      // std::fabs
#include <cstddef>    // std::size_t
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <pion/detail/bisect.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/chain.hpp>

/// The shape of a chain on an interval, through its laps.
///
/// A lap is a longest interval on which f is monotone. The critical points of a composition are
/// the preimages of the steps' own critical points, which are closed forms (polynomial.hpp), so
/// every lap is found: none can hide between the samples of a grid. Ends of laps are located to
/// the last bit or two of a double; values carry the rounding of evaluating f. Enclosures that are
/// proved are in certify.hpp.
namespace pion {

/// f is monotone on [from, to]; `at_from` and `at_to` are its values there.
struct Lap {
  double from = 0.0;
  double to = 0.0;
  double at_from = 0.0;
  double at_to = 0.0;

  bool rising() const { return at_from <= at_to; }  ///< Whether f does not fall on it.
};

/// The values of a function, from the least to the greatest.
struct Range {
  double lo = 0.0;  ///< The least.
  double hi = 0.0;  ///< The greatest.
};

namespace detail {

/// More laps than this belong to chains that are chaotic; they are refused, not sampled.
inline constexpr std::size_t max_laps = std::size_t{1} << 16;

}  // namespace detail

/// Finds the laps of f on [lo, hi], left to right; at least one, also when lo = hi.
///
/// Cost: about 60 evaluations of f for each lap.
/// \throws std::invalid_argument unless lo <= hi, both finite, or if there are more than 65,536
///         laps. (Muon's chain has 24 on [0, 1] for 5 steps and 503 for 14.)
inline std::vector<Lap> laps(const Chain& f, double lo = 0.0, double hi = 1.0) {
  if (!(lo <= hi && detail::is_finite(lo) && detail::is_finite(hi))) {
    detail::refuse_argument("laps: [" + detail::number_text(lo) + ", " + detail::number_text(hi) +
                            "] is not an interval");
  }
  struct Point {
    double s;  // where
    double x;  // the value of the steps so far, monotone between neighbouring points
  };
  std::vector<Point> points = {{lo, lo}, {hi, hi}};
  Chain so_far;
  for (const OddQuintic& p : f.steps()) {
    std::vector<Point> next;
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
      const Point& left = points[i];
      const Point& right = points[i + 1];
      next.push_back(left);
      const auto [x_lo, x_hi] = std::minmax(left.x, right.x);
      const std::size_t first_new = next.size();
      for (const double r : critical_points(p)) {
        for (const double x : {-r, r}) {
          if (!(x_lo < x && x < x_hi)) continue;
          const auto g = [&so_far, x](double s) { return so_far(s) - x; };
          next.push_back({detail::zero_between(g, left.s, right.s), x});
        }
      }
      std::sort(next.begin() + static_cast<std::ptrdiff_t>(first_new), next.end(),
                [](const Point& one, const Point& two) { return one.s < two.s; });
    }
    next.push_back(points.back());
    if (next.size() > detail::max_laps) {
      detail::refuse_argument("laps: the chain turns more than 65536 times on the interval");
    }
    for (Point& point : next) point.x = p(point.x);
    points = std::move(next);
    so_far = so_far.then(Chain{p});
  }
  std::vector<Lap> all;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Lap lap{points[i].s, points[i + 1].s, points[i].x, points[i + 1].x};
    // A level inflection (promotion at s = 1, say) splits nothing: the laps on its sides are one.
    if (!all.empty() && all.back().rising() == lap.rising()) {
      all.back().to = lap.to;
      all.back().at_to = lap.at_to;
    } else {
      all.push_back(lap);
    }
  }
  return all;
}

/// Finds the smallest and the largest value of f on [lo, hi], to rounding. Cost: as laps().
/// \throws std::invalid_argument unless lo <= hi, both finite, or if f has more than 65,536 laps
///         there.
inline Range range(const Chain& f, double lo = 0.0, double hi = 1.0) {
  const std::vector<Lap> all = laps(f, lo, hi);
  Range r{all.front().at_from, all.front().at_from};
  for (const Lap& lap : all) {
    r.lo = (std::min)({r.lo, lap.at_from, lap.at_to});
    r.hi = (std::max)({r.hi, lap.at_from, lap.at_to});
  }
  return r;
}

namespace detail {

/// Bounds how far f(s) is from its exact value, to first order in epsilon: each step adds at most
/// seven roundings of its terms, and passes on what it was given by its slope.
inline double rounding_error(const Chain& f, double s) {
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  double error = 0.0;
  for (const OddQuintic& p : f.steps()) {
    const OddQuintic sizes{std::fabs(p.a), std::fabs(p.b), std::fabs(p.c)};
    error = error * std::fabs(p.derivative(s)) + 3.5 * epsilon * sizes(std::fabs(s));
    s = p(s);
  }
  return error;
}

}  // namespace detail

/// Tells whether f rises on [lo, hi], as far as doubles can: a fall that is not deeper than the
/// rounding of the values at its ends does not count; where that rounding is beyond the range of
/// doubles, the answer is no. certified::monotone() decides without rounding, and says where it
/// cannot.
///
/// Cost: as laps().
/// \throws std::invalid_argument unless lo <= hi, both finite, or if f has more than 65,536 laps.
inline bool monotone(const Chain& f, double lo = 0.0, double hi = 1.0) {
  const std::vector<Lap> all = laps(f, lo, hi);
  return std::all_of(all.begin(), all.end(), [&f](const Lap& lap) {
    const double rounding = detail::rounding_error(f, lap.from) + detail::rounding_error(f, lap.to);
    return detail::is_finite(rounding) && lap.at_from - lap.at_to <= rounding;
  });
}

/// Finds the smallest sigma in [0, 1] whose gain |f(sigma)| reaches `gain`; nothing if none does.
///
/// Gain means the value of the filter at a singular value, as in Fan et al. 2026, Fig. 3.
/// Cost: as laps().
/// \throws std::invalid_argument if `gain` is not a positive number, or if f has more than 65,536
///         laps on [0, 1].
inline std::optional<double> sigma_at_gain(const Chain& f, double gain) {
  if (detail::is_nan(gain) || !(gain > 0.0)) {
    detail::refuse_argument("sigma_at_gain: the gain " + detail::number_text(gain) +
                            " is not a positive number");
  }
  // Where f is steep at 0 it has most of its laps beyond the first sigma that reaches the gain.
  const double slope = std::fabs(f.derivative(0.0));
  double end = 1.0;
  for (double s = end; s * slope > 0.25 * gain; s *= 0.5) {
    if (std::fabs(f(s)) >= gain) end = s;
  }
  for (const Lap& lap : laps(f, 0.0, end)) {
    if (std::fabs(lap.at_from) >= gain) return lap.from;
    if (std::fabs(lap.at_to) < gain) continue;
    const double level = std::copysign(gain, lap.at_to);
    return detail::zero_between([&](double s) { return f(s) - level; }, lap.from, lap.to);
  }
  return std::nullopt;
}

/// Finds every s in (0, 1] with f(s) = s, ascending, as sign changes of f(s) - s on 64 pieces of
/// each lap; a point where f only touches the diagonal can be missed.
/// Cost: some 200 evaluations of f for each lap.
/// \throws std::invalid_argument if f has more than 65,536 laps on [0, 1].
inline std::vector<double> fixed_points(const Chain& f) {
  constexpr int pieces = 64;
  std::vector<double> found;
  const auto keep = [&found](double s) {
    if (s > 0.0 && (found.empty() || s - found.back() > 1e-12)) found.push_back(s);
  };
  const auto g = [&f](double s) { return f(s) - s; };
  for (const Lap& lap : laps(f)) {
    double left = lap.from;
    for (int i = 1; i <= pieces; ++i) {
      const double right = i == pieces ? lap.to : lap.from + (lap.to - lap.from) * i / pieces;
      if (left > 0.0 && g(left) == 0.0) keep(left);
      if (left > 0.0 && g(left) * g(right) < 0.0) keep(detail::zero_between(g, left, right));
      left = right;
    }
  }
  if (g(1.0) == 0.0) keep(1.0);
  return found;
}

}  // namespace pion
