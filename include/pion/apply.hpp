// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt
#include <limits>
#include <optional>
#include <string>

#include <pion/algorithm/dense.hpp>
#include <pion/algorithm/gram.hpp>
#include <pion/algorithm/normalize.hpp>
#include <pion/algorithm/svd.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>
#include <pion/detail/transfer.hpp>
#include <pion/engine/default.hpp>
#include <pion/filter.hpp>
#include <pion/plan.hpp>
#include <pion/workspace.hpp>

namespace pion {

/// What a call of apply() did.
struct ApplyInfo {
  Method method = Method::dense;  ///< The one used, never automatic.
  /// Directions that the method worked on: min(m, n), or the numerical rank of x for the SVD.
  Index rank = 0;
  /// Directions whose gain exceeds ApplyOptions::survivor_gain, where the method knows them (SVD).
  std::optional<Index> survivors;
  double output_norm = 0.0;  ///< ||y||_F before y is rounded to its storage type.
  /// A bound of ||y - f(x)||_F, where the method has one. None of today's methods does.
  std::optional<double> bound;
  /// The filter has killed the update: x is not zero, but no direction of y is above the rounding
  /// level, ||y||_F <= eps sqrt(min(m, n)) with the eps of the scalar computed in.
  bool dead = false;
};

namespace detail {

/// Filters what load() put in buffers.x; the result is in buffers.x again.
template <class Engine, class T>
ApplyInfo filter_loaded(const Filter& f, const Plan& plan, double largest, double threshold,
                        Buffers<Engine, T>& b) {
  ApplyInfo info;
  info.method = plan.method;
  info.rank = b.x.rows;
  if (largest == 0.0) {  // f(0) = 0, and nothing to normalise by
    info.rank = plan.method == Method::svd ? 0 : b.x.rows;
    if (plan.method == Method::svd) info.survivors = 0;
    return info;
  }
  if (f.normalizer != Normalizer::none) {
    scale_to_one(largest, b.x);
    b.kernels.scale(1.0 / b.kernels.frobenius_norm(b.x), b.x);
  }
  const bool needs_gram = plan.method != Method::svd || f.normalizer != Normalizer::frobenius;
  if (needs_gram) algorithm::normalize(b.kernels, f.normalizer, b.x, b.r, b.h, b.t);
  if (plan.method == Method::dense) {
    algorithm::dense(b.kernels, f.chain, b.x, b.y, b.r, b.h);
  } else if (plan.method == Method::gram) {
    algorithm::gram(b.kernels, f.chain, plan.restarts, b.x, b.y, b.r, b.h, b.q, b.t);
  } else {
    const algorithm::SvdOutcome outcome = algorithm::svd(f.chain, b.x, threshold);
    info.rank = outcome.rank;
    info.survivors = outcome.survivors;
  }
  info.output_norm = b.kernels.frobenius_norm(b.x);
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  info.dead = info.output_norm <= epsilon * std::sqrt(static_cast<double>(b.x.rows));
  return info;
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
/// \tparam Engine  where the products run (engine/); linking pion::openmp changes the default.
/// \param f   chain and normaliser.
/// \param x   m x n: any dense Eigen expression of float, double, Eigen::half or Eigen::bfloat16, in
///            any storage order, evaluated once. The 16-bit types are computed in float.
/// \param[out] y  m x n, writable: a matrix, map or block of any of those scalars, storage orders and
///            strides. It may be x, or overlap it. It is written last, or not at all.
/// \param workspace  grows to plan().workspace; where it has that size already, nothing is
///            allocated (but by Method::svd, and by expressions that Eigen evaluates to temporaries).
/// \throws std::invalid_argument if y's shape is not x's; as plan().
/// \throws std::domain_error if an entry of x is NaN or infinite, or the result overflows.
/// Cost: plan().multiply_adds. Determinism: bitwise the same for every host engine and number of
/// threads; scaling x by a power of two changes nothing (but with Normalizer::none).
/// A zero or empty x gives a zero or empty y. Source: Fan et al. 2026, Alg. 2, App. D.
template <class Engine = DefaultEngine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y, Workspace& workspace,
                const ApplyOptions& options = {}) {
  detail::require_writable<Y>();
  detail::require_same_shape("apply", x, y);
  using T = detail::compute_t<typename X::Scalar>;
  const Plan p = plan<T, Engine>(f, x.rows(), x.cols(), options);
  detail::Arena arena(workspace, p.workspace);
  detail::Buffers<Engine, T> buffers(arena, p.method, std::min(x.rows(), x.cols()),
                                     std::max(x.rows(), x.cols()));
  const double largest = detail::load("apply", x, buffers.x);
  const ApplyInfo info =
      detail::filter_loaded<Engine>(f, p, largest, options.survivor_gain, buffers);
  detail::require_representable<typename detail::plain_t<Y>::Scalar>("apply", buffers.x,
                                                                    info.output_norm);
  detail::store(buffers.x, y);
  return info;
}

/// The same with a workspace of its own.
template <class Engine = DefaultEngine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y,
                const ApplyOptions& options = {}) {
  Workspace workspace;
  return apply<Engine>(f, x, y, workspace, options);
}

/// The same, returning the matrix (in x's scalar and storage order).
template <class Engine = DefaultEngine, class X>
auto apply(const Filter& f, const Eigen::MatrixBase<X>& x, const ApplyOptions& options = {}) {
  typename X::PlainObject y(x.rows(), x.cols());
  apply<Engine>(f, x, y, options);
  return y;
}

}  // namespace pion
