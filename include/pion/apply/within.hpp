// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::sqrt
#include <cstddef>    // std::nullptr_t
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

#include <pion/apply/apply.hpp>
#include <pion/apply/plan_within.hpp>
#include <pion/apply/warm_start.hpp>
#include <pion/engine/in_place.hpp>

/// apply() with a tolerance: the few directions that a high-pass lets through are found by products
/// with narrow matrices, and the result is certified.
namespace pion {

namespace detail {

/// The search that a call asks for, from a warm start where there is one. `m` is what it must be
/// for.
template <class T, class Start>
algorithm::SubspaceOptions<T> search_for([[maybe_unused]] const char* function, const Plan& plan,
                                         const Tolerance& tolerance,
                                         [[maybe_unused]] const Start& start,
                                         [[maybe_unused]] Index m) {
  algorithm::SubspaceOptions<T> search;
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
  search.tolerance = tolerance.error;
  search.failure_probability = tolerance.failure_probability;
  search.seed = tolerance.seed;
  search.budget = plan.budget;
  return search;
}

/// Whether to try to compress: always where that is asked for.
template <class Start>
bool compression_is_due(const Tolerance& tolerance, [[maybe_unused]] const Start& start) {
  if constexpr (!std::is_same_v<Start, std::nullptr_t>) {
    return tolerance.method == Method::low_rank || start == nullptr ||
           start->backoff().should_try();
  }
  return true;
}

/// What is known of the result once the triplets are found.
template <class Kernels, class T, class Criterion>
ApplyInfo found_info(const algorithm::SubspaceIteration<Kernels, T>& found,
                     const Criterion& criterion) {
  ApplyInfo info;
  info.method = Method::low_rank;
  info.rank = found.rank();
  info.multiply_adds = found.multiply_adds();
  info.bound = found.error();
  const auto& sigma = found.sigma();
  info.survivors = criterion.survivors(sigma, info.rank, found.residuals(), survivor_gain);
  double squares = 0.0;
  for (Index i = 0; i < info.rank; ++i) {
    const double gain = criterion.gain(sigma(i));
    squares += gain * gain;
  }
  info.output_norm = std::sqrt(squares);
  const Index short_side = std::min(found.left().rows, found.right().rows);
  info.dead = info.output_norm <= static_cast<double>(std::numeric_limits<T>::epsilon()) *
                                      std::sqrt(static_cast<double>(short_side));
  return info;
}

/// y <- U g(S) V^T of the directions that criterion keeps, g its gain, certified; nothing, and y
/// untouched, where the bound cannot be had within the plan's budget, x is zero, or it failed not
/// long ago.
template <class Engine, class Criterion, class X, class Y, class Start>
std::optional<ApplyInfo> compress(const char* function, const Criterion& criterion, const X& x,
                                  Y& y, Workspace& workspace, const Plan& plan,
                                  const Tolerance& tolerance, Start start) {
  using T = compute_t<typename X::Scalar>;
  if (x.size() == 0 || !compression_is_due(tolerance, start)) return std::nullopt;
  // Inside, the inner dimension comes first where x can be read in place, else the short side. A
  // copy that is made to scale x lies the same way, so that scaling changes no bit.
  const bool lies = lies_in_place<T>(x);
  const bool turned = lies ? static_cast<bool>(X::IsRowMajor) : x.rows() > x.cols();
  const Index m = turned ? x.cols() : x.rows();
  const Index n = turned ? x.rows() : x.cols();
  const auto search = search_for<T>(function, plan, tolerance, start, m);
  for (bool copied = !lies;; copied = true) {
    Arena counting;
    SubspaceBuffers<Engine, T>(counting, m, n, copied);
    Arena arena(workspace, counting.used());
    SubspaceBuffers<Engine, T> b(arena, m, n, copied);
    const auto inside =
        source<T>(function, x, copied ? b.x : engine::View<T>(nullptr, m, n), turned);
    auto& found = b.compression;
    // A warm search finds the norm on its way.
    const bool known = search.start.cols == 0;
    const double norm = known ? found.kernels().frobenius_norm(inside) : 0.0;
    const bool tried = !known || (copied ? norm > 0.0 : well_scaled<T>(norm));
    const bool done = tried && found.find(inside, norm, criterion, search);
    if (!copied && !(tried && well_scaled<T>(found.norm()))) continue;
    if (!(tried && found.norm() > 0.0)) return std::nullopt;
    if constexpr (!std::is_same_v<Start, std::nullptr_t>) {
      if (start != nullptr && !done) start->backoff().failed();
      if (start != nullptr && done) {
        start->backoff().succeeded();
        start->remember(found.next_start());
      }
    }
    if (!done) return std::nullopt;

    const ApplyInfo info = found_info(found, criterion);
    for (Index i = 0; i < info.rank; ++i) {
      engine::as_eigen(found.left()).col(i) *= static_cast<T>(criterion.gain(found.sigma()(i)));
    }
    store_product(found.kernels(), found.left(), found.right(), turned, found.scratch(), y);
    return info;
  }
}

}  // namespace detail

/// y = f(x) within tolerance.error, by the method that plan() chooses.
///
/// f, x, y and workspace as in apply() without a tolerance. Where x lies in memory with unit inner
/// stride, and y does, neither is copied.
/// \param start  a WarmStart<T>*, where the search begins and what it leaves for the next call. The
///         info's bound holds but for tolerance.failure_probability; rounding is in it. Where the
///         low-rank method cannot prove the tolerance at less than the cost of another method, the
///         other is used (its workspace is reserved when that first happens), and the info says so
///         and has no bound. Method::automatic then passes the next calls with that start to the
///         other at once, 31 at most (apply/backoff.hpp).
/// \throws std::invalid_argument if the warm start is for another matrix; as plan(); as apply().
///
/// Cost: the info's multiply_adds, a few dozen m n for a steep spectrum, fewer from a warm start;
/// no allocation once warm; less than 64 KB of stack. Determinism: the same bits for engine::eigen
/// and engine::openmp, with any number of threads, and for x times a power of two, as long as no
/// entry leaves the scalar's normal range. Source: Halko, Martinsson and Tropp 2011;
/// algorithm/certificate.hpp.
template <class Engine = DefaultEngine, class X, class Y, class Start = std::nullptr_t,
          detail::require_matrix<Y> = 0>
ApplyInfo apply(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y, Workspace& workspace,
                const Tolerance& tolerance, Start start = nullptr) {
  detail::require_writable<Y>();
  detail::require_same_shape("apply", x, y);
  detail::require_valid(tolerance);
  std::optional<algorithm::ChainCriterion> criterion;
  const Plan p = detail::plan_with_tolerance<typename X::Scalar, Engine>(
      f, x.rows(), x.cols(), tolerance,
      [&] { return criterion.emplace(f.chain, tolerance.error).initial_rank(); });
  if (p.method != Method::low_rank) return apply<Engine>(f, x, y, workspace, p.method);
  const auto info =
      detail::compress<Engine>("apply", *criterion, x.derived(), y, workspace, p, tolerance, start);
  return info ? *info : apply<Engine>(f, x, y, workspace);
}

/// The same with a workspace of its own.
template <class Engine = DefaultEngine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y, const Tolerance& tolerance) {
  Workspace workspace;
  return apply<Engine>(f, x, y, workspace, tolerance);
}

}  // namespace pion
