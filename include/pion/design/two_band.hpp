// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cstddef>    // std::size_t
#include <limits>
#include <string>
#include <utility>  // std::move, std::swap
#include <vector>

#include <Eigen/Core>

#include <pion/design/bands.hpp>
#include <pion/design/designed.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/chain.hpp>
#include <pion/filter/chains.hpp>
#include <pion/filter/polynomial.hpp>
#include <pion/filter/shape.hpp>  // Range, range

namespace pion {
namespace detail {

// Of one layout under all flags, as OwnedVector.
using FourNumbers = Eigen::Matrix<double, 4, 1, Eigen::DontAlign>;
using FourByFour = Eigen::Matrix<double, 4, 4, Eigen::DontAlign>;

/// Solves m x = b by elimination, with pivots from the column; not finite where m is singular.
/// (Eigen's solvers work on matrices of theirs, which are aligned.)
inline FourNumbers solve_four(FourByFour m, FourNumbers b) {
  for (Eigen::Index k = 0; k < 4; ++k) {
    Eigen::Index pivot = 0;
    m.col(k).tail(4 - k).cwiseAbs().maxCoeff(&pivot);
    m.row(k).swap(m.row(k + pivot));
    std::swap(b(k), b(k + pivot));
    for (Eigen::Index i = k + 1; i < 4; ++i) {
      const double factor = m(i, k) / m(k, k);
      m.row(i) -= factor * m.row(k);
      b(i) -= factor * b(k);
    }
  }
  m.triangularView<Eigen::Upper>().solveInPlace(b);
  return b;
}

}  // namespace detail

namespace design {

/// An odd quintic that is small on a stop band and near 1 on a pass band.
struct TwoBandMinimax {
  OddQuintic p;
  double error = 0.0;  ///< The least e.
};

/// Finds the odd quintic with the least e such that |p| <= weight e on [0, stop], |p - 1| <= e on
/// `pass`, and -weight e <= p <= 1 + e in the gap between them: Parks and McClellan's problem, with
/// a gap that is bounded.
///
/// This is a linear program in a, b, c and e, solved by exchange. The optimum over a few conditions
/// is the best of the points where four of them hold with equality. Conditions that p violates, at
/// the ends of the bands or where p turns, are added, and idle ones leave, until none is violated.
///
/// Cost: below a millisecond.
/// \throws std::invalid_argument unless 0 < stop < pass.lo <= pass.hi and weight > 0.
inline TwoBandMinimax minimax_two_band(double stop, const Band& pass, double weight) {
  if (!(0.0 < stop && stop < pass.lo && pass.lo <= pass.hi && detail::is_finite(pass.hi) &&
        weight > 0.0 && detail::is_finite(weight))) {
    detail::refuse_argument("minimax_two_band: stop [0, " + detail::number_text(stop) +
                            "], pass [" + detail::number_text(pass.lo) + ", " +
                            detail::number_text(pass.hi) + "] and weight " +
                            detail::number_text(weight) + " do not fit together");
  }
  using Vector = detail::FourNumbers;
  struct Inequality {  // row . (a, b, c, e) <= bound
    Vector row;
    double bound;
    double excess(const Vector& x) const { return row.dot(x) - bound; }
  };
  const auto bounds_at = [&](double s) {
    const bool passes = s >= pass.lo, stops = s <= stop;
    const double s3 = s * s * s, s5 = s3 * s * s;
    Inequality above, below;
    above.row << s, s3, s5, stops ? -weight : -1.0;
    above.bound = stops ? 0.0 : 1.0;
    below.row << -s, -s3, -s5, passes ? -1.0 : -weight;
    below.bound = passes ? -1.0 : 0.0;
    return std::vector<Inequality>{above, below};
  };

  std::vector<Inequality> active;
  for (const double s : {0.6 * stop, stop, pass.lo, 0.5 * (pass.lo + pass.hi), pass.hi}) {
    for (const Inequality& c : bounds_at(s)) active.push_back(c);
  }
  Vector best = Vector::Zero();
  for (int exchange = 0; exchange < 60; ++exchange) {
    const std::size_t n = active.size();
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i + 1; j < n; ++j) {
        for (std::size_t k = j + 1; k < n; ++k) {
          for (std::size_t l = k + 1; l < n; ++l) {
            detail::FourByFour m;
            m << active[i].row.transpose(), active[j].row.transpose(), active[k].row.transpose(),
                active[l].row.transpose();
            const Vector at = detail::solve_four(
                m, {active[i].bound, active[j].bound, active[k].bound, active[l].bound});
            if (!(at[3] < least)) continue;
            bool feasible = detail::all_finite(at.data(), at.size());
            for (const Inequality& c : active) feasible = feasible && c.excess(at) <= 1e-11;
            if (feasible) {
              least = at[3];
              best = at;
            }
          }
        }
      }
    }
    std::vector<Inequality> next;
    for (const Inequality& c : active) {
      if (c.excess(best) > -1e-9) next.push_back(c);
    }
    std::vector<double> points = {stop, pass.lo, pass.hi};
    for (const double s : critical_points({best[0], best[1], best[2]})) {
      if (s < pass.hi) points.push_back(s);
    }
    bool violated = false;
    for (const double s : points) {
      for (const Inequality& c : bounds_at(s)) {
        if (c.excess(best) <= 1e-11) continue;
        next.push_back(c);
        violated = true;
      }
    }
    if (!violated) break;
    active = std::move(next);
  }
  // The conditions hold to 1e-11: where all can be met, e may come out below 0 by as much.
  return {{best[0], best[1], best[2]}, (std::max)(best[3], 0.0)};
}

/// Designs a high-pass of so many steps between the stop band [0, gap.lo] and the pass band
/// [gap.hi, 1]: each step is minimax_two_band() where the steps before it lead, the last one with
/// weight 1. The loss is the e for which |f| <= e on the stop band and |f - 1| <= e on the pass
/// band. In the gap f lies within [-e, 1 + e]; it is not monotone. Whether the greedy choice is the
/// best is not known.
///
/// As the bands shrink the steps approach suppression (0, 5/2, -3/2), as those of Polar Express
/// approach promotion; from an error of 1e-6 on they are suppression itself. Where a step leaves no
/// gap between the bands the chain ends there, with loss 1.
///
/// Cost: below a millisecond a step.
/// \throws std::invalid_argument unless 0 < gap.lo < gap.hi < 1, steps >= 1 and weight > 0.
inline Designed two_band_high_pass(const Band& gap, int steps = 5, double weight = 8.0) {
  double stop = gap.lo;
  const double pass = gap.hi;
  if (!(0.0 < stop && stop < pass && pass < 1.0 && steps >= 1)) {
    detail::refuse_argument("two_band_high_pass: stop = " + detail::number_text(stop) +
                            ", pass = " + detail::number_text(pass) +
                            ", steps = " + std::to_string(steps) + " is out of range");
  }
  std::vector<OddQuintic> chain;
  Band band{pass, 1.0};
  double error = 0.0;
  for (int t = 1; t <= steps; ++t) {
    if (!(stop < band.lo)) return {Chain(std::move(chain)), 1.0};
    if (t > 1 && (std::max)(stop, error) < 1e-6) {
      chain.push_back(chains::suppression);
      const Range all = range(Chain{chain.back()}, band.lo, band.hi);
      stop = chains::suppression(stop);
      error = (std::max)({stop, 1.0 - all.lo, all.hi - 1.0});
      band = {1.0 - error, 1.0 + error};
      continue;
    }
    const TwoBandMinimax step = minimax_two_band(stop, band, t == steps ? 1.0 : weight);
    chain.push_back(step.p);
    error = step.error;
    const Range stopped = range(Chain{step.p}, 0.0, stop), all = range(Chain{step.p}, 0.0, band.hi);
    stop =
        (std::max)(stopped.hi, -all.lo);  // a gain below 0 in the gap is for the next step to stop
    band = {1.0 - error, 1.0 + error};
  }
  return {Chain(std::move(chain)), error};
}

}  // namespace design
}  // namespace pion
