// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::fabs, std::sqrt, HUGE_VAL
#include <cstddef>    // std::nullptr_t, std::size_t
#include <cstdint>    // std::uint64_t
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

#include <pion/algorithm/low_rank.hpp>
#include <pion/apply.hpp>
#include <pion/detail/in_place.hpp>
#include <pion/warm_start.hpp>

/// apply() with a tolerance: the few directions that a high-pass lets through are found by products
/// with narrow matrices, and the result is certified.
namespace pion {

/// What a caller fixes of a call that may be approximate.
struct ApplyOptions {
  double tolerance =
      1e-4;  ///< What ||y - f(x)||_F may be, beside the rounding of the other methods.
  Method method = Method::automatic;  ///< low_rank: also where it is not expected to pay.
  double failure = 1e-6;   ///< Probability that a bound, for which the method samples, is wrong.
  std::uint64_t seed = 0;  ///< Of what it samples with: the same seed, the same result.
};

namespace detail {

/// What the low-rank method works on: a copy of x, where it cannot be read in place, and its own.
template <class Engine, class T>
struct CompressionBuffers {
  CompressionBuffers(Arena& arena, Index m, Index n, bool copied)
      : x(copied ? arena.take<T>(m * n) : nullptr, m, n), compression(arena, m, n, max_rank) {}

  engine::View<T> x;
  algorithm::Compression<typename Engine::template NarrowKernels<T>, T> compression;
};

template <class Engine, class T>
void plan_compression_memory(Plan& p) {
  constexpr double passes = 7.0;  // the norm, three steps, the check, the probes, the result
  p.bytes = passes * static_cast<double>(p.rows) * static_cast<double>(p.cols) * sizeof(T);
  Arena arena, turned;  // in place, either side may come first
  const CompressionBuffers<Engine, T> one(arena, p.rows, p.cols, true),
      other(turned, p.cols, p.rows, true);
  p.workspace = std::max(arena.used(), turned.used());
}

}  // namespace detail

/// What compression costs an engine, in multiply-adds of a dense chain (docs/performance.md).
struct CompressionCost {
  double narrow = 1.6;          ///< A multiply-add with a narrow matrix.
  double small_matrices = 1e8;  ///< All that is done with small ones, about.
};

namespace detail {

/// \throws std::invalid_argument if a number is out of range.
inline void require_valid(const ApplyOptions& options) {
  if (!(options.tolerance > 0.0)) {
    refuse_argument("plan: the tolerance " + std::to_string(options.tolerance) +
                    " is not positive");
  }
  if (!(options.failure > 0.0 && options.failure < 1.0)) {
    refuse_argument("plan: the probability of failure " + std::to_string(options.failure) +
                    " is not between 0 and 1");
  }
}

/// Turns the plan of the method that it gives way to into one that compresses to `rank` directions,
/// but for its workspace: always if that is asked for, and then it gives way only where it has no hope;
/// else where it is expected to cost at most half of the other, which is its budget.
inline void prefer_compression(Plan& p, Index rank, bool asked, const CompressionCost& cost) {
  const double expected = static_cast<double>(p.rows) * static_cast<double>(p.cols) *
                          (8.0 * static_cast<double>(rank) + 32.0);
  const double other = (p.multiply_adds - cost.small_matrices) / cost.narrow;
  if (!asked && expected > 0.5 * other) return;
  p.method = Method::low_rank;
  p.rank = rank;
  p.multiply_adds = expected;
  p.budget = asked ? HUGE_VAL : other;
}

/// The plan with the low-rank method, but for its workspace; or other(method), the plan without,
/// where that will not pay.
template <class Other>
Plan plan_compression(const Filter& f, const algorithm::ChainTarget& target,
                      const ApplyOptions& options, const CompressionCost& cost,
                      const Other& other) {
  const bool asked = options.method == Method::low_rank;
  const bool compressible = f.normalizer == Normalizer::frobenius;
  if (asked && !compressible) {
    refuse_argument("plan: the low-rank method needs the Frobenius normaliser");
  }
  Plan p = other(asked ? Method::automatic : options.method);
  const Index limit = target.likely_rank();
  const bool may_pay = options.method == Method::automatic && compressible && limit > 0;
  if (asked || may_pay) prefer_compression(p, limit > 0 ? limit : Index(32), asked, cost);
  return p;
}

template <class Scalar, class Engine>
Plan plan_for_target(const Filter& f, const algorithm::ChainTarget& target, Index rows, Index cols,
                     const ApplyOptions& options) {
  Plan p = plan_compression(f, target, options, CompressionCost{}, [&](Method method) {
    return plan<Scalar, Engine>(f, rows, cols, method);
  });
  if (p.method == Method::low_rank) plan_compression_memory<Engine, compute_t<Scalar>>(p);
  return p;
}

}  // namespace detail

/// The plan for apply() with a tolerance.
///
/// Method::automatic takes low_rank where the filter sets a limit to the directions that can pass (a
/// chain with small gains for small sigma, under the Frobenius norm) and it is expected to cost at
/// most half of the other methods. Cost model: three power steps and a check of `rank` directions and
/// the probes, m n (8 rank + 32) multiply-adds, at what CompressionCost says; with the norm and the
/// result, 7 passes over a matrix in place.
/// \throws std::invalid_argument if the tolerance or the probability of failure is out of range, if
///         low_rank is asked for under another normaliser than the Frobenius norm; as plan().
template <class Scalar = float, class Engine = DefaultEngine>
Plan plan(const Filter& f, Index rows, Index cols, const ApplyOptions& options) {
  detail::require_valid(options);
  const algorithm::ChainTarget target(f.chain, options.tolerance);
  return detail::plan_for_target<Scalar, Engine>(f, target, rows, cols, options);
}

namespace detail {

/// The search that a call asks for, from a warm start where there is one. `m` is what it must be for.
template <class T, class Start>
algorithm::Search<T> search_for([[maybe_unused]] const char* function, const Plan& plan,
                                const ApplyOptions& options, [[maybe_unused]] const Start& start,
                                [[maybe_unused]] Index m) {
  algorithm::Search<T> search;
  if constexpr (!std::is_same_v<Start, std::nullptr_t>) {
    if (start != nullptr && start->directions() > 0) {
      if (start->extent() != m) {
        refuse_argument(std::string(function) + ": the warm start is for " +
                        std::to_string(start->extent()) + " rows, and x has " + std::to_string(m) +
                        " as it lies in memory");
      }
      search.start = start->basis();
    }
  }
  search.rank = plan.rank;
  search.tolerance = options.tolerance;
  search.failure = options.failure;
  search.seed = options.seed;
  search.budget = plan.budget;
  return search;
}

/// Whether to try to compress: always where that is asked for.
template <class Start>
bool compression_is_due(const ApplyOptions& options, [[maybe_unused]] const Start& start) {
  if constexpr (!std::is_same_v<Start, std::nullptr_t>) {
    return options.method == Method::low_rank || start == nullptr || start->backoff().due();
  }
  return true;
}

/// What is known of the result once the triplets are found.
template <class Kernels, class T, class Target>
ApplyInfo found_info(const algorithm::Compression<Kernels, T>& found, const Target& target) {
  ApplyInfo info;
  info.method = Method::low_rank;
  info.rank = found.rank();
  info.multiply_adds = found.multiply_adds();
  info.bound = found.error();
  const auto& sigma = found.sigma();
  info.survivors = target.survivors(sigma, info.rank, found.unseen(), survivor_gain);
  double squares = 0.0;
  for (Index i = 0; i < info.rank; ++i) {
    const double gain = target.gain(sigma(i));
    squares += gain * gain;
  }
  info.output_norm = std::sqrt(squares);
  const Index short_side = std::min(found.left().rows, found.right().rows);
  info.dead = info.output_norm <= static_cast<double>(std::numeric_limits<T>::epsilon()) *
                                      std::sqrt(static_cast<double>(short_side));
  return info;
}

/// y <- U g(S) V^T of the directions that target keeps, g its gain, certified; nothing, and y untouched,
/// where the bound cannot be had within the plan's budget, x is zero, or it failed not long ago.
template <class Engine, class Target, class X, class Y, class Start>
std::optional<ApplyInfo> compress(const char* function, const Target& target, const X& x, Y& y,
                                  Workspace& workspace, const Plan& plan,
                                  const ApplyOptions& options, Start start) {
  using T = compute_t<typename X::Scalar>;
  if (x.size() == 0 || !compression_is_due(options, start)) return std::nullopt;
  const bool row_major = X::IsRowMajor;
  const bool tall = x.rows() > x.cols();
  bool copied = !lies_in_place<T>(x);
  const Index extent = copied ? std::min(x.rows(), x.cols()) : x.innerSize();
  auto search = search_for<T>(function, plan, options, start, extent);
  for (;;) {
    // Inside, the short side comes first in a copy, and the inner dimension in place.
    const bool turned = copied ? tall : row_major;
    const Index m = turned ? x.cols() : x.rows();
    const Index n = turned ? x.rows() : x.cols();
    Arena counting;
    CompressionBuffers<Engine, T>(counting, m, n, copied);
    Arena arena(workspace, counting.used());
    CompressionBuffers<Engine, T> b(arena, m, n, copied);
    const auto inside = source<T>(function, x, copied ? b.x : engine::View<T>(nullptr, m, n));
    auto& found = b.compression;
    // A start for x in place is none for a copy that has been turned.
    if (search.start.rows != m) search.start = {};
    // In place, a warm search finds the norm on its way.
    const bool known = copied || search.start.cols == 0;
    const double norm = known ? found.kernels().frobenius_norm(inside) : 0.0;
    if (copied && !(norm > 0.0)) return std::nullopt;
    const bool tried = copied || !known || well_scaled<T>(norm);
    const bool done = tried && found.find(inside, norm, target, search);
    if (!copied && !(tried && well_scaled<T>(found.norm()))) {
      copied = true;
      continue;
    }
    if constexpr (!std::is_same_v<Start, std::nullptr_t>) {
      if (start != nullptr && !done) start->backoff().failed();
      if (start != nullptr && done) {
        start->backoff().succeeded();
        if (m == extent) start->remember(found.next_start());
      }
    }
    if (!done) return std::nullopt;

    const ApplyInfo info = found_info(found, target);
    for (Index i = 0; i < info.rank; ++i) {
      engine::as_eigen(found.left()).col(i) *= static_cast<T>(target.gain(found.sigma()(i)));
    }
    store_product(found.kernels(), found.left(), found.right(), turned, found.scratch(), y);
    return info;
  }
}

}  // namespace detail

/// y = f(x) within options.tolerance, by the method that plan() chooses.
///
/// f, x, y and workspace as in apply() without a tolerance. Where x lies in memory with unit inner
/// stride, and y does, neither is copied.
/// \param start  a WarmStart<T>*, where the search begins and what it leaves for the next call.
/// The info's bound holds but for options.failure; rounding is in it. Where the low-rank method cannot
/// prove the tolerance at less than the cost of another method, the other is used (its workspace is
/// reserved when that first happens), and the info says so and has no bound. Method::automatic then
/// passes the next calls with that start to the other at once, 31 at most (backoff.hpp).
/// \throws std::invalid_argument if the warm start is for another matrix; as plan(); as apply().
/// Cost: the info's multiply_adds, a few dozen m n for a steep spectrum, fewer from a warm start; no
/// allocation once warm. Determinism: bitwise the same for engine::eigen and engine::openmp, with any
/// number of threads. Source: Halko, Martinsson and Tropp 2011; algorithm/certificate.hpp.
template <class Engine = DefaultEngine, class X, class Y, class Start = std::nullptr_t,
          detail::require_matrix<Y> = 0>
ApplyInfo apply(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y, Workspace& workspace,
                const ApplyOptions& options, Start start = nullptr) {
  detail::require_writable<Y>();
  detail::require_same_shape("apply", x, y);
  detail::require_valid(options);
  const algorithm::ChainTarget target(f.chain, options.tolerance);
  const Plan p =
      detail::plan_for_target<typename X::Scalar, Engine>(f, target, x.rows(), x.cols(), options);
  if (p.method != Method::low_rank) return apply<Engine>(f, x, y, workspace, p.method);
  const auto info =
      detail::compress<Engine>("apply", target, x.derived(), y, workspace, p, options, start);
  return info ? *info : apply<Engine>(f, x, y, workspace);
}

/// The same with a workspace of its own.
template <class Engine = DefaultEngine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y,
                const ApplyOptions& options) {
  Workspace workspace;
  return apply<Engine>(f, x, y, workspace, options);
}

}  // namespace pion
