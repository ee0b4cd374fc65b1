// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // HUGE_VAL
#include <cstdint>    // std::uint64_t
#include <optional>
#include <string>

#include <pion/algorithm/chain_criterion.hpp>
#include <pion/apply/compressing.hpp>
#include <pion/apply/plan.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>

/// What apply() within a tolerance does, and what that is expected to cost.
namespace pion {

/// How far a result may be from the exact one, for calls that may be approximate.
struct Tolerance {
  /// What ||y - f(x)||_F may be, beside the rounding of the other methods.
  double error = 1e-4;
  /// low_rank: compress also where that is not expected to pay.
  Method method = Method::automatic;
  /// The probability that a bound is wrong. (The method proves its bounds by random probes.)
  double failure_probability = 1e-6;
  /// The seed of the random probes and of a cold start: the same seed gives the same result.
  std::uint64_t seed = 0;
};

/// A filter with its plan for matrices of one shape and a tolerance, ready to run:
/// apply(planned, x, y, workspace[, start]). As a Plan it is that of the low-rank method where this
/// is expected to pay, else that of `exact`. It is a plain value; a copy of it allocates nothing.
template <class Scalar, class Engine = DefaultEngine>
struct PlannedWithin : Plan {
  PlannedFilter<Scalar, Engine> exact;  ///< What runs where the low-rank method does not.
  Tolerance tolerance;
  /// What the filter wants of a decomposition: bounds of the chain's slope. Only for low_rank.
  std::optional<algorithm::ChainCriterion> criterion;
};

/// What compression costs an engine, in multiply-adds of a dense chain (docs/performance.md).
struct SubspaceCost {
  double narrow = 1.6;          ///< A multiply-add with a tall and skinny matrix.
  double small_matrices = 1e8;  ///< All that is done with small ones, about.
};

namespace detail {

/// \throws std::invalid_argument if a number is out of range.
inline void require_valid(const Tolerance& tolerance) {
  if (is_nan(tolerance.error) || !(tolerance.error > 0.0)) {
    refuse_argument("plan: the tolerance " + number_text(tolerance.error) + " is not positive");
  }
  if (is_nan(tolerance.failure_probability) ||
      !(tolerance.failure_probability > 0.0 && tolerance.failure_probability < 1.0)) {
    refuse_argument("plan: the probability of failure " +
                    number_text(tolerance.failure_probability) + " is not between 0 and 1");
  }
}

/// The multiply-adds with x that compression to `rank` directions is expected to take.
inline double expected_compression(const Plan& p, Index rank) {
  return static_cast<double>(p.rows) * static_cast<double>(p.cols) *
         (8.0 * static_cast<double>(rank) + 32.0);
}

/// The multiply-adds with x that take as long as the other method, whose plan p is.
inline double compression_budget(const Plan& p, const SubspaceCost& cost) {
  return (p.multiply_adds - cost.small_matrices) / cost.narrow;
}

inline bool compression_pays(const Plan& p, Index rank, const SubspaceCost& cost) {
  return expected_compression(p, rank) <= 0.5 * compression_budget(p, cost);
}

/// Turns the plan of another method into one that compresses to `rank` directions, but for its
/// memory. Where compression is `asked` for, it has no budget; else it must be expected to cost at
/// most half of the other method, whose cost is its budget.
inline void prefer_compression(Plan& p, Index rank, bool asked, const SubspaceCost& cost) {
  if (!asked && !compression_pays(p, rank, cost)) return;
  p.budget = asked ? HUGE_VAL : compression_budget(p, cost);
  p.multiply_adds = expected_compression(p, rank);
  p.method = Method::low_rank;
  p.rank = rank;
}

/// The plan of compression's memory, for a matrix of either orientation.
template <class Engine, class T>
void plan_compression_memory(Plan& p) {
  constexpr double passes = 7.0;  // the norm, three steps, the check, the probes, the result
  p.bytes = passes * static_cast<double>(p.rows) * static_cast<double>(p.cols) * sizeof(T);
  using Core = engine::core_t<engine::require_engine_t<Engine, T>>;
  // In place, either side may come first.
  p.workspace =
      static_cast<std::size_t>((std::max)(Compressing<Core, T>::workspace(p.rows, p.cols, true),
                                          Compressing<Core, T>::workspace(p.cols, p.rows, true)));
}

/// The method to plan beside compression: what runs where it does not.
inline Method exact_method(const Tolerance& tolerance) {
  return tolerance.method == Method::low_rank ? Method::automatic : tolerance.method;
}

/// Whether compression is asked for, or may pay for a matrix of this shape. A criterion takes as
/// long to make as filtering a small matrix takes, so this is asked first.
/// \throws std::invalid_argument if it is asked for under another normaliser than the Frobenius
///         norm.
inline bool compression_may_pay(const Filter& f, const Tolerance& tolerance, const Plan& exact,
                                const SubspaceCost& cost) {
  const bool asked = tolerance.method == Method::low_rank;
  const bool compressible = f.normalizer == Normalizer::frobenius;
  if (asked && !compressible) {
    refuse_argument("plan: the low-rank method needs the Frobenius normaliser");
  }
  return asked || (tolerance.method == Method::automatic && compressible &&
                   compression_pays(exact, 1, cost));
}

/// The plan of compression by this criterion where it is asked for or pays, but for its memory;
/// else the plan of the exact method.
inline Plan plan_compression(const algorithm::ChainCriterion& criterion, const Tolerance& tolerance,
                             const Plan& exact, const SubspaceCost& cost) {
  constexpr Index without_limit = 32;  // directions to begin with where the filter sets no limit
  const bool asked = tolerance.method == Method::low_rank;
  const Index limit = criterion.initial_rank();
  Plan p = exact;
  if (asked || limit > 0) {
    prefer_compression(p, limit > 0 ? limit : without_limit, asked, cost);
  }
  return p;
}

/// The same with the memory that it takes on Engine.
template <class Scalar, class Engine>
Plan plan_subspace(const algorithm::ChainCriterion& criterion, const Tolerance& tolerance,
                   const Plan& exact) {
  Plan p = plan_compression(criterion, tolerance, exact, SubspaceCost{});
  if (p.method == Method::low_rank) plan_compression_memory<Engine, compute_t<Scalar>>(p);
  return p;
}

}  // namespace detail

/// Plans `f` within a tolerance for rows x cols matrices of `Scalar` on `Engine`.
///
/// Method::automatic takes low_rank where the filter sets a limit to the directions that can pass
/// (a chain with small gains for small sigma, under the Frobenius norm) and it is expected to cost
/// at most half of the other methods. Cost model: three power steps and a check of `rank`
/// directions and the probes, m n (8 rank + 32) multiply-adds, at what SubspaceCost says; with the
/// norm and the result, 7 passes over a matrix in place.
/// \throws std::invalid_argument if the tolerance is not positive or the probability of failure is
///         not between 0 and 1; if low_rank is asked for under another normaliser than the
///         Frobenius norm; if a size is negative, the bytes cannot be counted, or `method` is svd,
///         or gram for a chain of more than 64 steps.
/// Cost: some 50 microseconds where compression may pay, else those of plan() without a tolerance;
/// no allocation.
template <class Scalar = float, class Engine = DefaultEngine>
PlannedWithin<Scalar, Engine> plan(const Filter& f, Index rows, Index cols,
                                   const Tolerance& tolerance) {
  detail::require_valid(tolerance);
  const auto exact = plan<Scalar, Engine>(f, rows, cols, detail::exact_method(tolerance));
  PlannedWithin<Scalar, Engine> p{exact, exact, tolerance, std::nullopt};
  if (detail::compression_may_pay(f, tolerance, exact, SubspaceCost{})) {
    p.criterion.emplace(f.chain, tolerance.error);
    static_cast<Plan&>(p) = detail::plan_subspace<Scalar, Engine>(*p.criterion, tolerance, exact);
  }
  return p;
}

}  // namespace pion
