// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt
#include <cstddef>    // std::nullptr_t
#include <limits>
#include <optional>
#include <string>

#include <pion/algorithm/polar_criterion.hpp>
#include <pion/algorithm/svd.hpp>
#include <pion/apply/within.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/svd.hpp>

/// The polar factor y = U_k V_k^T of the leading singular triplets of x, k of them or those that
/// stand out: every direction kept gets gain 1, every other 0. By a full SVD, or with a tolerance
/// by compression, certified.
///
/// In all: x, y and workspace as in apply(). Of the directions asked for, those with sigma <=
/// max(m, n) eps sigma_1 are left out, because rounding makes them. The info has rank and survivors
/// k, and the output norm sqrt(k); it is dead where x is not zero and k is.
/// \throws std::invalid_argument if y's shape is not x's, or a number is out of range;
///         std::domain_error if an entry of x is NaN or infinite. y is then untouched.
/// Cost: that of the SVD, which allocates.
///
/// With tolerance: the info's method is low_rank and it has a bound of ||y - U_k V_k^T||_F, within
/// tolerance.error, that holds but for tolerance.failure_probability; or it is svd without a bound,
/// where no gap after sigma_k was proved, or k is near max_rank. Method::automatic looks for the
/// gap within four times the expected cost or an eighth of the SVD's, whichever is more, but never
/// for more than an SVD; not where k and the probes are more than a quarter of the directions; and
/// where it has failed with a start, not in the next calls with that start, 31 at most
/// (apply/backoff.hpp). Method::low_rank always tries; Method::svd never. Without allocation once
/// warm, and within 64 KB of stack, unless the SVD is taken.
///
/// A singular value below 1e-4 of the first cannot be resolved by compression: where one may be
/// among those asked for, the SVD is taken.
/// `start` is a WarmStart<T>*: where the search begins and what it leaves for the next call.
namespace pion {

namespace detail {

template <class Selection, class X, class Y>
ApplyInfo polar_by_svd(const char* function, const Selection& selection, const X& x, Y& y) {
  using T = compute_t<typename X::Scalar>;
  ColumnMajor<T> work((std::min)(x.rows(), x.cols()), (std::max)(x.rows(), x.cols()));
  const engine::View<T> inside(work.data(), work.rows(), work.cols());
  const double largest = load(function, x, inside);

  ApplyInfo info;
  info.method = Method::svd;
  info.survivors = 0;
  if (largest > 0.0) {
    scale_to_one(largest, inside);
    const double norm = work.template cast<double>().norm();
    const auto factors = thin_svd<T>(work);
    const auto& sigma = factors.singularValues();
    const Index rank = algorithm::numerical_rank(sigma, work.rows(), work.cols());
    info.rank = (std::min)(rank, selection.keep((sigma.template cast<double>() / norm).eval()));
    info.survivors = info.rank;
    work.noalias() =
        factors.matrixU().leftCols(info.rank) * factors.matrixV().leftCols(info.rank).transpose();
    info.output_norm = std::sqrt(static_cast<double>(info.rank));
    info.dead = info.rank == 0;
  }
  store(inside, y);
  return info;
}

/// A plan with the compression that a selection asks for, or with Method::svd.
template <class Scalar, class Engine, class Selection>
Plan plan_polar(const Selection& selection, Index rows, Index cols, const Tolerance& tolerance) {
  require_valid(tolerance);
  if (tolerance.method == Method::dense || tolerance.method == Method::gram) {
    refuse_argument(
        "plan: the polar factor of leading directions takes auto, lowrank or svd, not " +
        std::string(name(tolerance.method)));
  }
  const Index m = (std::min)(rows, cols);
  const double size = static_cast<double>(rows) * static_cast<double>(cols);
  Plan p;
  p.rows = rows;
  p.cols = cols;
  p.method = Method::svd;
  p.multiply_adds = svd_cost * size * static_cast<double>(m);
  const Index rank = selection.initial_rank() + algorithm::oversampling;
  const bool asked = tolerance.method == Method::low_rank;
  if (tolerance.method == Method::svd || rank > max_rank || m == 0) return p;
  if (!asked && 4 * (rank + algorithm::probe_columns) > m) return p;
  prefer_compression(p, rank, asked, SubspaceCost{});
  if (p.method == Method::svd) return p;
  // An SVD costs so much more than an attempt is expected to that one which goes on is given up
  // early.
  if (!asked) p.budget = (std::min)(p.budget, (std::max)(4.0 * p.multiply_adds, p.budget / 8.0));
  plan_compression_memory<Engine, compute_t<Scalar>>(p);
  return p;
}

template <class Engine, class Selection, class X, class Y>
ApplyInfo polar_within(const char* function, const Selection& selection, const X& x, Y& y,
                       Workspace& workspace, const Tolerance& tolerance,
                       WarmStart<compute_t<typename X::Scalar>>* start) {
  using T = compute_t<typename X::Scalar>;
  const Plan p = plan_polar<typename X::Scalar, Engine>(selection, x.rows(), x.cols(), tolerance);
  if (p.method == Method::low_rank) {
    const double floor = static_cast<double>((std::max)(x.rows(), x.cols())) *
                         static_cast<double>(std::numeric_limits<T>::epsilon());
    const algorithm::PolarCriterion<Selection> criterion(selection, floor);
    const auto info = compress<Engine>(function, criterion, x, y, workspace, p, tolerance, start);
    if (info) return *info;
  }
  return polar_by_svd(function, selection, x, y);
}

inline algorithm::Largest largest_directions(const char* function, Index k) {
  if (k < 1) {
    refuse_argument(std::string(function) + ": the rank " + std::to_string(k) + " is not positive");
  }
  return {k};
}

inline algorithm::AtLeast directions_at_least(const char* function, double tau) {
  if (is_nan(tau) || !(tau > 0.0 && tau <= 1.0)) {
    refuse_argument(std::string(function) + ": the threshold " + std::to_string(tau) +
                    " is not in (0, 1]");
  }
  return {tau};
}

}  // namespace detail

/// LRMuon's direction (Fan et al. 2026, Alg. 1): the k largest triplets, by an SVD.
template <class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo low_rank_polar(const Eigen::MatrixBase<X>& x, Index k, Y&& y) {
  constexpr const char* here = "low_rank_polar";
  detail::require_writable<Y>();
  detail::require_same_shape(here, x, y);
  return detail::polar_by_svd(here, detail::largest_directions(here, k), x.derived(), y);
}

/// The same, returning the matrix.
template <class X>
auto low_rank_polar(const Eigen::MatrixBase<X>& x, Index k) {
  typename X::PlainObject y(x.rows(), x.cols());
  low_rank_polar(x, k, y);
  return y;
}

/// The same within a tolerance.
template <class Engine = DefaultEngine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo low_rank_polar(const Eigen::MatrixBase<X>& x, Index k, Y&& y, Workspace& workspace,
                         const Tolerance& tolerance,
                         WarmStart<detail::compute_t<typename X::Scalar>>* start = nullptr) {
  constexpr const char* here = "low_rank_polar";
  detail::require_writable<Y>();
  detail::require_same_shape(here, x, y);
  return detail::polar_within<Engine>(here, detail::largest_directions(here, k), x.derived(), y,
                                      workspace, tolerance, start);
}

/// The polar factor of the directions with sigma >= tau ||x||_F: at most 1 / tau^2 of them. Which
/// they are is decided by the computed sigma, so for one within rounding of tau ||x||_F either
/// answer is right.
/// \param tau  in (0, 1].
template <class Engine = DefaultEngine, class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo adaptive_polar(const Eigen::MatrixBase<X>& x, double tau, Y&& y, Workspace& workspace,
                         const Tolerance& tolerance,
                         WarmStart<detail::compute_t<typename X::Scalar>>* start = nullptr) {
  constexpr const char* here = "adaptive_polar";
  detail::require_writable<Y>();
  detail::require_same_shape(here, x, y);
  return detail::polar_within<Engine>(here, detail::directions_at_least(here, tau), x.derived(), y,
                                      workspace, tolerance, start);
}

}  // namespace pion
