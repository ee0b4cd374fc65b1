// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::byte
#include <limits>
#include <string>
#include <type_traits>

#include <pion/apply/filtering.hpp>
#include <pion/apply/info.hpp>
#include <pion/apply/plan.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/filter/filter.hpp>

namespace pion {

namespace detail {

/// Filters x, which is filtering_input() of `memory` and has the given largest |entry|, by its
/// plan. Afterwards x shows the result.
template <class Engine, class T>
ApplyInfo filter_loaded(const Filter& f, const Plan& plan, double largest, std::byte* memory,
                        engine::View<T>& x) {
  using Core = engine::core_t<engine::require_engine_t<Engine, T>>;
  const Filtered result =
      Filtering<Core, T>::run(f, plan.method, plan.restarts, largest, memory, x);
  ApplyInfo info;
  info.method = plan.method;
  info.rank = x.rows;
  info.multiply_adds = plan.multiply_adds;
  info.rounding = plan.rounding_growth * static_cast<double>(std::numeric_limits<T>::epsilon());
  info.output_norm = result.norm;
  info.dead = result.dead;
  return info;
}

/// The whole of a call: x in, filter, y out. The plan is for x's shape on Engine.
template <class Engine, class X, class Y>
ApplyInfo run(const Filter& f, const Plan& plan, const Eigen::MatrixBase<X>& x, Y& y,
              Workspace& workspace) {
  using T = compute_t<typename X::Scalar>;
  using Core = engine::core_t<engine::require_engine_t<Engine, T>>;
  // Not plan.workspace: there may be more workers than when the plan was made.
  workspace.reserve(Filtering<Core, T>::workspace(plan.method, (std::min)(plan.rows, plan.cols),
                                                  (std::max)(plan.rows, plan.cols)));
  std::byte* const memory = workspace.data();
  engine::View<T> inside = filtering_input<T>(memory, plan.rows, plan.cols);
  const double largest = load("apply", x, inside);
  const ApplyInfo info = filter_loaded<Engine>(f, plan, largest, memory, inside);
  require_representable<typename plain_t<Y>::Scalar>("apply", inside, info.output_norm);
  store(inside, y);
  return info;
}

/// What a planned call requires of its matrices.
template <class Scalar, class X>
void require_planned(const char* function, const Plan& plan, const X& x) {
  static_assert(std::is_same_v<compute_t<Scalar>, compute_t<typename X::Scalar>>,
                "pion: the filter is planned for another scalar: plan<Scalar>()");
  if (x.rows() == plan.rows && x.cols() == plan.cols) return;
  refuse_argument(std::string(function) + ": x is " + shape(x.rows(), x.cols()) +
                  " and the filter is planned for " + shape(plan.rows, plan.cols));
}

template <class X, class Y>
void require_same_shape(const char* function, const X& x, const Y& y) {
  if (x.rows() == y.rows() && x.cols() == y.cols()) return;
  refuse_argument(std::string(function) + ": y is " + shape(y.rows(), y.cols()) + " and x is " +
                  shape(x.rows(), x.cols()) + "; they must have one shape");
}

}  // namespace detail

/// y = U f(S) V^T for x = U S V^T, where S is measured by the filter's normaliser.
///
/// \param f   a filter planned for x's shape and scalar (apply/plan.hpp). The plan names the
///         engine.
/// \param x   m x n: any dense Eigen expression of float, double, Eigen::half or Eigen::bfloat16,
///            in any storage order, evaluated once. The 16-bit types are computed in float.
/// \param[out] y  m x n, writable: a matrix, map or block of any of those scalars, storage orders
///            and strides. It may be x, or overlap it. It is written last, or not at all.
/// \param workspace  grows to the plan's workspace, or what more workers than when it was planned
///            need; where it has that size already, nothing is allocated (but by expressions that
///            Eigen evaluates to temporaries, as products).
/// \throws std::invalid_argument if the filter is planned for another shape, or y's shape is not
///         x's.
/// \throws std::domain_error if an entry of x is NaN or infinite, or the result overflows.
/// Cost: the plan's multiply_adds. Determinism: bitwise the same for engine::eigen and
/// engine::openmp, with any number of threads; scaling x by a power of two changes nothing (but
/// with Normalizer::none). A zero or empty x gives a zero or empty y. Source: Fan et al. 2026, Alg.
/// 2, App. D.
template <class Scalar, class Engine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply(const PlannedFilter<Scalar, Engine>& f, const Eigen::MatrixBase<X>& x, Y&& y,
                Workspace& workspace) {
  detail::require_writable<Y>();
  detail::require_same_shape("apply", x, y);
  detail::require_planned<Scalar>("apply", f, x);
  return detail::run<Engine>(f.filter, f, x, y, workspace);
}

/// The same with a plan of its own: plan() of x's shape, then apply().
/// \tparam Engine  where the products run (engine/); linking pion::openmp changes the default.
/// \throws std::invalid_argument if y's shape is not x's, the bytes cannot be counted, or `method`
///         is svd or low_rank, or gram for a chain of more than 64 steps.
/// \throws std::domain_error if an entry of x is NaN or infinite, or the result overflows.
template <class Engine = DefaultEngine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y, Workspace& workspace,
                Method method = Method::automatic) {
  detail::require_writable<Y>();
  detail::require_same_shape("apply", x, y);
  const Plan p = plan<typename X::Scalar, Engine>(f, x.rows(), x.cols(), method);
  return detail::run<Engine>(f, p, x, y, workspace);
}

/// The same with a workspace of its own.
template <class Engine = DefaultEngine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y,
                Method method = Method::automatic) {
  Workspace workspace;
  return apply<Engine>(f, x, y, workspace, method);
}

/// The same, returning the matrix (in x's scalar and storage order).
template <class Engine = DefaultEngine, class X>
auto apply(const Filter& f, const Eigen::MatrixBase<X>& x, Method method = Method::automatic) {
  typename X::PlainObject y(x.rows(), x.cols());
  apply<Engine>(f, x, y, method);
  return y;
}

}  // namespace pion
