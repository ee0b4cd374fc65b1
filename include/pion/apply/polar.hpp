// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt
#include <limits>
#include <string>
#include <utility>  // std::declval

#include <pion/algorithm/polar_criterion.hpp>
#include <pion/algorithm/svd.hpp>
#include <pion/apply/selection.hpp>
#include <pion/apply/within.hpp>
#include <pion/detail/svd.hpp>

namespace pion {

namespace detail {

/// x <- U_k V_k^T of x's own SVD, k of the directions that the selection keeps, and returns k. x
/// is loaded, of the given largest |entry| > 0, from a rows x cols matrix. It allocates.
template <class T, class Selection>
Index keep_by_svd(const Selection& selection, double largest, Index rows, Index cols,
                  const engine::View<T>& x) {
  scale_to_one(largest, x);
  const auto scaled = engine::as_eigen(x);
  const double norm = scaled.template cast<double>().norm();
  const auto factors = thin_svd<T>(scaled);
  const auto& sigma = factors.singularValues();
  const Index rank = algorithm::numerical_rank(sigma, rows, cols);
  const OwnedVector<double> relative = sigma.template cast<double>() / norm;
  const Index k = (std::min)(rank, selection.keep(relative, rows, cols));
  algorithm::recompose(factors, OwnedVector<T>::Ones(k), x);
  return k;
}

#define PION_COMPILED_KEEP_BY_SVD(keyword, Selection, T)                     \
  keyword template Index keep_by_svd(const Selection&, double, Index, Index, \
                                     const engine::View<T>&);
#if defined(PION_COMPILED)
#define PION_COMPILED_SELECTION(Selection)             \
  PION_COMPILED_KEEP_BY_SVD(extern, Selection, float)  \
  PION_COMPILED_KEEP_BY_SVD(extern, Selection, double) \
  PION_COMPILED_FIND_BY(algorithm::PolarCriterion<Selection>)
PION_COMPILED_SELECTION(Leading)
PION_COMPILED_SELECTION(AtLeast)
PION_COMPILED_SELECTION(AboveNoise)
#endif

template <class Selection, class X, class Y>
ApplyInfo polar_by_svd(const Selection& selection, const X& x, Y& y) {
  using T = compute_t<typename X::Scalar>;
  OwnedMatrix<T> work((std::min)(x.rows(), x.cols()), (std::max)(x.rows(), x.cols()));
  const engine::View<T> inside(work.data(), work.rows(), work.cols());
  const double largest = load("polar_factor", x, inside);
  ApplyInfo info;
  info.method = Method::svd;
  if (largest > 0.0) {
    info.rank = keep_by_svd(selection, largest, x.rows(), x.cols(), inside);
    info.dead = info.rank == 0;
  }
  info.survivors = info.rank;
  info.output_norm = std::sqrt(static_cast<double>(info.rank));
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

/// polar_factor() within a tolerance; the selection is valid.
template <class Engine, class Selection, class X, class Y>
ApplyInfo polar_within(const Selection& selection, const X& x, Y& y, Workspace& workspace,
                       const Tolerance& tolerance,
                       WarmStart<compute_t<typename X::Scalar>>* start) {
  using T = compute_t<typename X::Scalar>;
  const Plan p = plan_polar<typename X::Scalar, Engine>(selection, x.rows(), x.cols(), tolerance);
  if (p.method == Method::low_rank) {
    const algorithm::PolarCriterion<Selection> criterion(
        selection, x.rows(), x.cols(), static_cast<double>(std::numeric_limits<T>::epsilon()));
    const auto info =
        compress<Engine>("polar_factor", criterion, x, y, workspace, p, tolerance, start);
    if (info) return *info;
  }
  return polar_by_svd(selection, x, y);
}

template <class Selection>
using require_selection = decltype(std::declval<const Selection&>().require_valid(""), 0);

}  // namespace detail

/// The polar factor y = U_k V_k^T of the leading singular triplets of x: every direction that the
/// selection keeps gets gain 1, every other 0. By a full SVD.
///
/// \param x  m x n: any dense Eigen expression of float, double, Eigen::half or Eigen::bfloat16.
/// \param selection  Leading{k}, AtLeast{tau} or AboveNoise{} (apply/selection.hpp). Of the
///         directions asked for, those with sigma <= max(m, n) eps sigma_1 are left out: rounding
///         makes them.
/// \param[out] y  m x n, writable. It may be x, or overlap it. It is written last, or not at all.
/// The info has rank and survivors k, and the output norm sqrt(k); it is dead where x is not zero
/// and k is.
/// \throws std::invalid_argument if y's shape is not x's, or a number of the selection is out of
///         range.
/// \throws std::domain_error if an entry of x is NaN or infinite.
/// Cost: that of the SVD, which allocates. Source: Fan et al. 2026, Alg. 1, for Leading.
template <class X, class Selection, class Y, detail::require_matrix<Y> = 0,
          detail::require_selection<Selection> = 0>
ApplyInfo polar_factor(const Eigen::MatrixBase<X>& x, const Selection& selection, Y&& y) {
  detail::require_writable<Y>();
  detail::require_same_shape("polar_factor", x, y);
  selection.require_valid("polar_factor");
  return detail::polar_by_svd(selection, x.derived(), y);
}

/// The same, returning the matrix (in x's scalar and storage order).
template <class X, class Selection, detail::require_selection<Selection> = 0>
auto polar_factor(const Eigen::MatrixBase<X>& x, const Selection& selection) {
  typename X::PlainObject y(x.rows(), x.cols());
  polar_factor(x, selection, y);
  return y;
}

/// The same within a tolerance: by compression, certified, or by the SVD.
///
/// \param workspace  grows to what compression works on; nothing is allocated once it is warm, and
///         at most 64 KB of stack is taken, unless the SVD runs.
/// \param start  where the search begins and what it leaves for the next call, or null.
///
/// The info's method is low_rank and it has a bound of ||y - U_k V_k^T||_F, within tolerance.error,
/// that holds but for tolerance.failure_probability; or it is svd without a bound, where no gap
/// after sigma_k was proved, or k is near 128. A singular value below 1e-4 of the first cannot be
/// resolved by compression: where one may be among those asked for, the SVD runs.
///
/// Method::automatic looks for the gap within four times the expected cost or an eighth of the
/// SVD's, whichever is more, but never for more than an SVD; not where k and the probes are more
/// than a quarter of the directions; and where it has failed with a start, not in the next calls
/// with that start, 31 at most (apply/backoff.hpp). Method::low_rank always tries; Method::svd
/// never.
/// \throws std::invalid_argument also if a number of the tolerance is out of range, its method is
///         dense or gram, or the warm start is for another number of rows.
/// Determinism: as apply() with a tolerance.
template <class Engine = DefaultEngine, class X, class Selection, class Y,
          detail::require_matrix<Y> = 0, detail::require_selection<Selection> = 0>
ApplyInfo polar_factor(const Eigen::MatrixBase<X>& x, const Selection& selection, Y&& y,
                       Workspace& workspace, const Tolerance& tolerance,
                       WarmStart<detail::compute_t<typename X::Scalar>>* start = nullptr) {
  detail::require_writable<Y>();
  detail::require_same_shape("polar_factor", x, y);
  selection.require_valid("polar_factor");
  return detail::polar_within<Engine>(selection, x.derived(), y, workspace, tolerance, start);
}

}  // namespace pion
