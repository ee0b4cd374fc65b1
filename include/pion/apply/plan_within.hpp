// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // HUGE_VAL
#include <cstdint>    // std::uint64_t
#include <string>

#include <pion/algorithm/subspace_iteration.hpp>
#include <pion/apply/plan.hpp>
#include <pion/detail/finite.hpp>

/// What apply() with a tolerance will do, and what that is expected to cost.
namespace pion {

/// What a caller fixes of a call that may be approximate.
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

namespace detail {

/// What the low-rank method works on: a copy of x, where it cannot be read in place, and its own.
template <class Engine, class T>
struct SubspaceBuffers {
  SubspaceBuffers(Arena& arena, Index m, Index n, bool copied)
      : x(copied ? arena.take<T>(m * n) : nullptr, m, n), compression(arena, m, n, max_rank) {}

  engine::View<T> x;
  algorithm::SubspaceIteration<typename Engine::template TallSkinnyKernels<T>, T> compression;
};

template <class Engine, class T>
void plan_compression_memory(Plan& p) {
  constexpr double passes = 7.0;  // the norm, three steps, the check, the probes, the result
  p.bytes = passes * static_cast<double>(p.rows) * static_cast<double>(p.cols) * sizeof(T);
  Arena arena, turned;  // in place, either side may come first
  const SubspaceBuffers<Engine, T> one(arena, p.rows, p.cols, true),
      other(turned, p.cols, p.rows, true);
  p.workspace = static_cast<std::size_t>((std::max)(arena.used(), turned.used()));
}

}  // namespace detail

/// What compression costs an engine, in multiply-adds of a dense chain (docs/performance.md).
struct SubspaceCost {
  double narrow = 1.6;          ///< A multiply-add with a narrow matrix.
  double small_matrices = 1e8;  ///< All that is done with small ones, about.
};

namespace detail {

/// \throws std::invalid_argument if a number is out of range.
inline void require_valid(const Tolerance& tolerance) {
  if (is_nan(tolerance.error) || !(tolerance.error > 0.0)) {
    refuse_argument("plan: the tolerance " + std::to_string(tolerance.error) + " is not positive");
  }
  if (is_nan(tolerance.failure_probability) ||
      !(tolerance.failure_probability > 0.0 && tolerance.failure_probability < 1.0)) {
    refuse_argument("plan: the probability of failure " +
                    std::to_string(tolerance.failure_probability) + " is not between 0 and 1");
  }
}

/// The multiply-adds with x that compression to `rank` directions is expected to take.
inline double expected_compression(const Plan& p, Index rank) {
  return static_cast<double>(p.rows) * static_cast<double>(p.cols) *
         (8.0 * static_cast<double>(rank) + 32.0);
}

/// And those that take as long as the other method, whose plan p is.
inline double compression_budget(const Plan& p, const SubspaceCost& cost) {
  return (p.multiply_adds - cost.small_matrices) / cost.narrow;
}

inline bool compression_pays(const Plan& p, Index rank, const SubspaceCost& cost) {
  return expected_compression(p, rank) <= 0.5 * compression_budget(p, cost);
}

/// Turns the plan of the method that it gives way to into one that compresses to `rank` directions,
/// but for its workspace: always if that is asked for, and then it gives way only where it has no
/// hope; else where it is expected to cost at most half of the other, which is its budget.
inline void prefer_compression(Plan& p, Index rank, bool asked, const SubspaceCost& cost) {
  if (!asked && !compression_pays(p, rank, cost)) return;
  p.budget = asked ? HUGE_VAL : compression_budget(p, cost);
  p.multiply_adds = expected_compression(p, rank);
  p.method = Method::low_rank;
  p.rank = rank;
}

/// The plan with the low-rank method, but for its workspace; or other(method), the plan without,
/// where that will not pay.
/// \param initial_rank  ChainCriterion's, called only where the matrix is large enough for it to
///                     matter: what it is computed from takes as long as a step with a small
///                     matrix.
template <class InitialRank, class Other>
Plan plan_compression(const Filter& f, const Tolerance& tolerance, const SubspaceCost& cost,
                      const InitialRank& initial_rank, const Other& other) {
  const bool asked = tolerance.method == Method::low_rank;
  const bool compressible = f.normalizer == Normalizer::frobenius;
  if (asked && !compressible) {
    refuse_argument("plan: the low-rank method needs the Frobenius normaliser");
  }
  Plan p = other(asked ? Method::automatic : tolerance.method);
  const bool may_pay =
      tolerance.method == Method::automatic && compressible && compression_pays(p, 1, cost);
  if (!asked && !may_pay) return p;
  const Index limit = initial_rank();
  if (asked || limit > 0) prefer_compression(p, limit > 0 ? limit : Index(32), asked, cost);
  return p;
}

template <class Scalar, class Engine, class InitialRank>
Plan plan_with_tolerance(const Filter& f, Index rows, Index cols, const Tolerance& tolerance,
                         const InitialRank& initial_rank) {
  Plan p = plan_compression(f, tolerance, SubspaceCost{}, initial_rank, [&](Method method) {
    return plan<Scalar, Engine>(f, rows, cols, method);
  });
  if (p.method == Method::low_rank) plan_compression_memory<Engine, compute_t<Scalar>>(p);
  return p;
}

}  // namespace detail

/// The plan for apply() with a tolerance.
///
/// Method::automatic takes low_rank where the filter sets a limit to the directions that can pass
/// (a chain with small gains for small sigma, under the Frobenius norm) and it is expected to cost
/// at most half of the other methods. Cost model: three power steps and a check of `rank`
/// directions and the probes, m n (8 rank + 32) multiply-adds, at what SubspaceCost says; with
/// the norm and the result, 7 passes over a matrix in place.
/// \throws std::invalid_argument if the tolerance or the probability of failure is out of range, if
///         low_rank is asked for under another normaliser than the Frobenius norm; as plan().
template <class Scalar = float, class Engine = DefaultEngine>
Plan plan(const Filter& f, Index rows, Index cols, const Tolerance& tolerance) {
  detail::require_valid(tolerance);
  return detail::plan_with_tolerance<Scalar, Engine>(f, rows, cols, tolerance, [&] {
    return algorithm::ChainCriterion(f.chain, tolerance.error).initial_rank();
  });
}

}  // namespace pion
