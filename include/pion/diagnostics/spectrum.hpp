// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::ilogb, std::ldexp
#include <type_traits>
#include <utility>  // std::move

#include <pion/algorithm/decompositions.hpp>
#include <pion/algorithm/gram_values.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/diagnostics/measures.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/load_store.hpp>

namespace pion {

namespace detail {

/// The accuracy that a matrix of this scalar has to give.
template <class Scalar>
inline constexpr double spectrum_accuracy = std::is_same_v<Scalar, double> ? 0.0 : 1e-6;

/// Returns the values times 2^exponent.
/// \throws std::domain_error if the largest overflows.
inline OwnedVector<double> scaled_values(OwnedVector<double> values, int exponent) {
  values *= std::ldexp(1.0, exponent);
  if (values.size() > 0 && !is_finite(values(0))) {
    refuse_values("spectrum: the largest singular value overflows; scale the matrix");
  }
  return values;
}

/// Adds up the panels of x, a matrix in memory, or of the part of one from `start` on, whose axis
/// of m rows (columns where `turned`) is whole.
template <class Sum, class X>
void add_panels(const X& x, bool turned, Index start, Sum& sum) {
  const Index m = turned ? x.cols() : x.rows(), n = turned ? x.rows() : x.cols();
  const Index width = Sum::panel_cols(m, n);
  for (Index at = 0; at < n; at += width) {
    const Index cols = (std::min)(width, n - at);
    const auto panel = sum.panel(cols);
    const auto part = turned ? x.block(at, 0, cols, m) : x.block(0, at, m, cols);
    const double largest = load("spectrum", part, panel, turned, start + at);
    sum.add(panel, largest);
  }
}

/// The spectrum of a rows x cols matrix through x x^T; add_all(sum) adds up its panels, of m
/// entries a column, n columns in all.
///
/// Where that is not exact enough, the leading directions are taken out, and the Gram matrix of the
/// rest is formed, whose rounding is relative to its own largest value. It shows the values below a
/// hundredth of that: their directions are left as they were (GramSum::find_leading), so that
/// taking the others out moves sigma^2 by no more than sigma_1^2 (1e-2)^12, but for a factor of the
/// random start.
template <class Engine, class AddAll>
Spectrum spectrum_by_gram(Index rows, Index cols, Index m, Index n, double within, AddAll add_all) {
  using Sum = GramSum<engine::core_t<Engine>>;
  Sum sum(m, n);
  add_all(sum);
  OwnedVector<double> values(m);
  const auto outcome = sum.values(values.data());
  SpectrumError error{0.0, outcome.squares_error};
  Spectrum found(scaled_values(values, outcome.exponent), rows, cols, error);
  if (found.is_within(within) || !Sum::deflates(m)) return found;

  Sum rest = sum.without_leading();
  add_all(rest);
  OwnedVector<double> small_values(m);
  const auto of_rest = rest.values(small_values.data());
  small_values *= std::ldexp(1.0, of_rest.exponent - outcome.exponent);
  const Index out = Sum::deflated;
  for (Index i = out; i < m; ++i) {
    const double value = small_values(i - out);
    if (value > 0.01 * small_values(0)) continue;
    if (error.tail < 0.0) error.tail = value / values(0);
    values(i) = value;
  }
  const double ratio = small_values(0) / values(0);
  error.tail_squares = of_rest.squares_error * ratio * ratio;
  // What rounding in x - q (q^T x) makes.
  error.values = decomposition_rounding<double>(m, n);
  return {scaled_values(values, outcome.exponent), rows, cols, error};
}

/// The spectrum of x by an SVD in double.
template <class Engine, class X>
Spectrum spectrum_by_svd(const X& x) {
  OwnedMatrix<double> work((std::min)(x.rows(), x.cols()), (std::max)(x.rows(), x.cols()));
  const engine::View<double> inside(work.data(), work.rows(), work.cols());
  const double largest = load("spectrum", x, inside);
  OwnedVector<double> values = OwnedVector<double>::Zero(work.rows());
  if (largest == 0.0) return {std::move(values), x.rows(), x.cols()};
  scale_to_one(largest, inside);
  decompositions_t<Engine>::singular_values(work.rows(), work.cols(), work.data(), values.data());
  return {scaled_values(std::move(values), std::ilogb(largest)), x.rows(), x.cols(),
          SpectrumError{decomposition_rounding<double>(x.rows(), x.cols()), 0.0}};
}

}  // namespace detail

/// Computes the spectrum of x (values alone), every value within `within` sigma_1 of the exact one
/// and the effective rank within `within` of itself.
///
/// Through the eigenvalues of x x^T in double, where a likely bound of rounding (GramSum) says that
/// this is enough; else by an SVD in double. Spectrum::error() tells the bound. The default is 1e-6
/// for scalars shorter than double, which have no more to give, and 0 for double: an SVD. x is
/// evaluated once where it is an expression.
///
/// Where small values need it, the leading 32 directions are taken out and x x^T is formed again.
/// Cost: m^2 n multiply-adds on Engine's threads, and 2/3 m^3 on one thread of Eigen's, or LAPACK's
/// where Engine is engine::blas and its BLAS has one; an SVD costs some ten times as much.
/// Allocates 3 m^2 to 6 m^2 doubles, for an SVD m n and more.
/// \throws std::domain_error if an entry is NaN or infinite, or sigma_1 overflows a double.
template <class Engine = DefaultEngine, class X>
Spectrum spectrum(const Eigen::MatrixBase<X>& x,
                  double within = detail::spectrum_accuracy<typename X::Scalar>) {
  if constexpr (!detail::in_memory_v<X>) {
    const detail::OwnedMatrix<typename X::Scalar> value = x;
    return spectrum<Engine>(value, within);
  } else {
    if (within > 0.0 && x.size() > 0) {
      const bool turned = x.rows() > x.cols();
      Spectrum found = detail::spectrum_by_gram<Engine>(
          x.rows(), x.cols(), (std::min)(x.rows(), x.cols()), (std::max)(x.rows(), x.cols()),
          within, [&](auto& sum) { detail::add_panels(x.derived(), turned, 0, sum); });
      if (found.is_within(within)) return found;
    }
    return detail::spectrum_by_svd<Engine>(x.derived());
  }
}

/// Shorthands for one measure of one matrix; take a Spectrum for several. Cost and accuracy: those
/// of spectrum(x).
/// \throws std::domain_error if an entry is NaN or infinite, or sigma_1 overflows a double.
template <class Engine = DefaultEngine, class X>
double effective_rank(const Eigen::MatrixBase<X>& x) {
  return spectrum<Engine>(x).effective_rank();
}
template <class Engine = DefaultEngine, class X>
double stable_rank(const Eigen::MatrixBase<X>& x) {
  return spectrum<Engine>(x).stable_rank();
}
template <class Engine = DefaultEngine, class X>
double nuclear_rank(const Eigen::MatrixBase<X>& x) {
  return spectrum<Engine>(x).nuclear_rank();
}
template <class Engine = DefaultEngine, class X>
double participation_ratio(const Eigen::MatrixBase<X>& x) {
  return spectrum<Engine>(x).participation_ratio();
}

}  // namespace pion
