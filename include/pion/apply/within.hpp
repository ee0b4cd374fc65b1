// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::sqrt
#include <optional>
#include <string>
#include <type_traits>

#include <pion/apply/apply.hpp>
#include <pion/apply/plan_within.hpp>
#include <pion/apply/warm_start.hpp>
#include <pion/engine/in_place.hpp>

/// apply() within a tolerance: products with tall and skinny matrices find the few directions that
/// a high-pass lets through, and the result is certified (algorithm/subspace_iteration.hpp).
namespace pion {

namespace detail {

/// The options of the search that a plan asks for, with a basis to begin from where there is a warm
/// start. The start must have `m` rows.
template <class T, class Start>
algorithm::SubspaceOptions<T> search_for(const char* function, const Plan& plan,
                                         const Tolerance& tolerance, const Start* start, Index m) {
  algorithm::SubspaceOptions<T> search;
  if (start != nullptr && start->directions() > 0) {
    if (start->extent() != m) {
      refuse_argument(std::string(function) + ": the warm start is for " +
                      std::to_string(start->extent()) + " rows, and x has " + std::to_string(m) +
                      " as it lies in memory");
    }
    search.start = start->basis();
  }
  search.rank = plan.rank;
  search.tolerance = tolerance.error;
  search.failure_probability = tolerance.failure_probability;
  search.seed = tolerance.seed;
  search.budget = plan.budget;
  return search;
}

/// Whether to try to compress: always where that is asked for, else as the start's backoff says.
template <class Start>
bool compression_is_due(const Tolerance& tolerance, Start* start) {
  return tolerance.method == Method::low_rank || start == nullptr || start->backoff().should_try();
}

/// Leaves in `start` how an attempt ended and where the next one begins.
template <class T>
void remember_attempt(WarmStart<T>* start, const Compressed<T>& found) {
  if (start == nullptr) return;
  if (!found.done) return start->backoff().failed();
  start->backoff().succeeded();
  start->remember(found.next_start);
}

/// Writes left right^T of what was found to y, or to y^T where `transposed`, in y's storage order
/// and scalar: in place where y's layout allows it. Returns the info of y as it is stored.
template <class Engine, class T, class Y>
ApplyInfo store_product(const Compressing<Engine, T>& b, const Compressed<T>& found,
                        bool transposed, Y& y) {
  const engine::View<T>&left = found.left, &right = found.right, &scratch = found.scratch;
  ApplyInfo info = found.info;
  if constexpr (may_lie_in_place_v<T, Y>) {
    if (lies_in_place<T>(y)) {
      const bool as_found = transposed == static_cast<bool>(Y::IsRowMajor);
      b.expand(as_found ? left : right, as_found ? right : left, in_place<engine::View<T>>(y));
      return info;
    }
  }
  using Scalar = typename Y::Scalar;
  double squares = 0.0;  // of what rounding to Scalar changes
  for (Index j = 0; j < right.rows; j += scratch.cols) {
    const Index width = (std::min)(scratch.cols, right.rows - j);
    const engine::View<T> piece = scratch.block(0, 0, left.rows, width);
    b.expand(left, right.block(j, 0, width, right.cols), piece);
    const auto write = [&](const auto& exact, auto part) {
      part = exact.template cast<Scalar>();
      if constexpr (!std::is_same_v<Scalar, T>) {
        squares += (part.template cast<T>() - exact).squaredNorm();
      }
    };
    if (transposed) {
      write(engine::as_eigen(piece).transpose(), y.middleRows(j, width));
    } else {
      write(engine::as_eigen(piece), y.middleCols(j, width));
    }
  }
  if (info.bound) *info.bound += std::sqrt(squares);
  return info;
}

/// y <- 0, which is the result for an x that is zero or empty.
template <class Y>
ApplyInfo store_zero(Y& y) {
  y.setZero();
  ApplyInfo info;
  info.method = Method::low_rank;
  info.survivors = 0;
  info.bound = 0.0;
  return info;
}

/// An attempt to compress a matrix where it lies.
struct InPlaceAttempt {
  bool in_range = false;  ///< If not, squares of x leave the scalar's range: x must be copied.
  std::optional<ApplyInfo> info;  ///< Nothing where the tolerance was not proved.
};

/// compress() of a matrix that is read where it lies, inner dimension first.
template <class Engine, class T, class Criterion, class X, class Y>
InPlaceAttempt compress_in_place(const Criterion& criterion, const X& x, Y& y, Workspace& workspace,
                                 const algorithm::SubspaceOptions<T>& search, WarmStart<T>* start) {
  using Compressing = Compressing<Engine, T>;
  const Index m = x.innerSize(), n = x.outerSize();
  workspace.reserve(Compressing::workspace(m, n, false));
  Compressing& b = Compressing::begin(workspace.data(), m, n, false);
  const auto found = b.find(in_place<engine::View<const T>>(x), 0.0, criterion, search);
  if (!found.in_range) return {};
  remember_attempt(start, found);
  if (!found.done) return {true, std::nullopt};
  return {true, store_product(b, found, static_cast<bool>(X::IsRowMajor), y)};
}

/// compress() of a copy of x that is scaled by a power of two, and x^T if `turned`.
template <class Engine, class T, class Criterion, class X, class Y>
std::optional<ApplyInfo> compress_copied(const char* function, const Criterion& criterion,
                                         const X& x, bool turned, Y& y, Workspace& workspace,
                                         const algorithm::SubspaceOptions<T>& search,
                                         WarmStart<T>* start) {
  using Compressing = Compressing<Engine, T>;
  const Index m = turned ? x.cols() : x.rows(), n = turned ? x.rows() : x.cols();
  workspace.reserve(Compressing::workspace(m, n, true));
  Compressing& b = Compressing::begin(workspace.data(), m, n, true);
  const double largest = load(function, x, b.copy(), turned);
  if (!(largest > 0.0)) return store_zero(y);
  const auto found = b.find(b.copy(), largest, criterion, search);
  remember_attempt(start, found);
  if (!found.done) return std::nullopt;
  return store_product(b, found, turned, y);
}

/// y <- U g(S) V^T of the directions that the criterion keeps, g its gain, certified. Nothing, and
/// y untouched, where the bound cannot be had within the plan's budget, or where an attempt failed
/// not long ago.
template <class Engine, class Criterion, class X, class Y>
std::optional<ApplyInfo> compress(const char* function, const Criterion& criterion, const X& x,
                                  Y& y, Workspace& workspace, const Plan& plan,
                                  const Tolerance& tolerance,
                                  WarmStart<compute_t<typename X::Scalar>>* start) {
  using T = compute_t<typename X::Scalar>;
  using Core = engine::core_t<engine::require_engine_t<Engine, T>>;
  if (x.size() == 0) return store_zero(y);
  if (!compression_is_due(tolerance, start)) return std::nullopt;
  // Inside, the inner dimension comes first where x can be read in place, else the short side. A
  // copy that is made to scale x lies as x does, so that scaling changes no bit.
  const bool lies = lies_in_place<T>(x);
  const bool turned = lies ? static_cast<bool>(X::IsRowMajor) : x.rows() > x.cols();
  const auto search = search_for<T>(function, plan, tolerance, start, turned ? x.cols() : x.rows());
  if constexpr (may_lie_in_place_v<T, X>) {
    if (lies) {
      const InPlaceAttempt attempt =
          compress_in_place<Core, T>(criterion, x, y, workspace, search, start);
      if (attempt.in_range) return attempt.info;
    }
  }
  return compress_copied<Core, T>(function, criterion, x, turned, y, workspace, search, start);
}

/// The whole of a call within a tolerance, by its plan or by that of the exact method.
template <class Engine, class X, class Y>
ApplyInfo run_within(const Filter& f, const Plan& plan, const Plan& exact,
                     const std::optional<algorithm::ChainCriterion>& criterion,
                     const Eigen::MatrixBase<X>& x, Y& y, Workspace& workspace,
                     const Tolerance& tolerance, WarmStart<compute_t<typename X::Scalar>>* start) {
  if (plan.method == Method::low_rank) {
    const auto info =
        compress<Engine>("apply", *criterion, x.derived(), y, workspace, plan, tolerance, start);
    if (info) return *info;
  }
  return run<Engine>(f, exact, x, y, workspace);
}

}  // namespace detail

/// y = f(x) within a tolerance, by the method that the plan chose.
///
/// \param f  a filter planned for x's shape and scalar, with a tolerance (apply/plan_within.hpp).
/// \param x  m x n: any dense Eigen expression of float, double, Eigen::half or Eigen::bfloat16. It
///           is not copied where it lies in memory with unit inner stride; neither is y.
/// \param[out] y  m x n, writable, as in apply() without a tolerance. It may be x, or overlap it.
/// \param workspace  grows to the plan's workspace; no allocation once warm.
/// \param start  where the search begins and what it leaves for the next call, or null.
///
/// The info's bound of ||y - f(x)||_F holds but for the tolerance's failure_probability, and
/// rounding is in it. Where the low-rank method cannot prove the tolerance at less than the cost of
/// another method, the other runs (its workspace is reserved when that first happens); the info
/// then names that method and has no bound. Method::automatic passes the next calls with that start
/// to the other method at once, 31 calls at most (apply/backoff.hpp).
/// \throws std::invalid_argument if the filter is planned for another shape, y's shape is not x's,
///         or the warm start is for another number of rows.
/// \throws std::domain_error if an entry of x is NaN or infinite, or the result overflows.
/// Cost: the info's multiply_adds, a few dozen m n for a steep spectrum, fewer from a warm start;
/// less than 64 KB of stack. Determinism: bitwise the same for engine::eigen and engine::openmp,
/// with any number of threads, and for x times a power of two as long as no entry leaves the
/// scalar's normal range. Source: Halko, Martinsson and Tropp 2011; algorithm/certificate.hpp.
template <class Scalar, class Engine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply(const PlannedWithin<Scalar, Engine>& f, const Eigen::MatrixBase<X>& x, Y&& y,
                Workspace& workspace,
                WarmStart<detail::compute_t<typename X::Scalar>>* start = nullptr) {
  detail::require_writable<Y>();
  detail::require_same_shape("apply", x, y);
  detail::require_planned<Scalar>("apply", f, x);
  return detail::run_within<Engine>(f.exact.filter, f, f.exact, f.criterion, x, y, workspace,
                                    f.tolerance, start);
}

/// The same with a plan of its own: plan() of x's shape with the tolerance, then apply().
/// \throws std::invalid_argument if the tolerance or the probability of failure is out of range, if
///         low_rank is asked for under another normaliser than the Frobenius norm, if y's shape is
///         not x's or the warm start is for another number of rows.
/// \throws std::domain_error if an entry of x is NaN or infinite, or the result overflows.
template <class Engine = DefaultEngine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y, Workspace& workspace,
                const Tolerance& tolerance,
                WarmStart<detail::compute_t<typename X::Scalar>>* start = nullptr) {
  detail::require_writable<Y>();
  detail::require_same_shape("apply", x, y);
  const auto planned = plan<typename X::Scalar, Engine>(f, x.rows(), x.cols(), tolerance);
  return apply(planned, x, y, workspace, start);
}

/// The same with a workspace of its own.
template <class Engine = DefaultEngine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y, const Tolerance& tolerance) {
  Workspace workspace;
  return apply<Engine>(f, x, y, workspace, tolerance);
}

/// The same, returning the matrix (in x's scalar and storage order).
template <class Engine = DefaultEngine, class X>
auto apply(const Filter& f, const Eigen::MatrixBase<X>& x, const Tolerance& tolerance) {
  typename X::PlainObject y(x.rows(), x.cols());
  apply<Engine>(f, x, y, tolerance);
  return y;
}

}  // namespace pion
