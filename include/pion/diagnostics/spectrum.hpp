// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::exp, std::fabs, std::log, std::pow
#include <utility>    // std::move

#include <pion/algorithm/svd.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/svd.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/filter/filter.hpp>

namespace pion {

/// The singular values of one matrix, descending, and what is read off them.
///
/// Every measure but rank() is a real number between 1 and min(m, n) for a matrix that is not zero,
/// unchanged when the matrix is scaled, and 0 for a zero or empty matrix.
/// Order (Renyi entropies): nuclear_rank <= effective_rank <= rank; stable_rank <=
/// participation_ratio.
class Spectrum {
 public:
  /// \param descending  singular values of a rows x cols matrix.
  Spectrum(Eigen::VectorXd descending, Index rows, Index cols)
      : values_(std::move(descending)), rows_(rows), cols_(cols) {}

  const Eigen::VectorXd& values() const { return values_; }
  double largest() const { return values_.size() == 0 ? 0.0 : values_(0); }

  /// Counts the singular values above max(m, n) eps sigma_1, with double's eps.
  Index rank() const { return algorithm::numerical_rank(values_, rows_, cols_); }

  /// Computes exp of the entropy of sigma / sum(sigma) (Fan et al. 2026, eq. 4; Roy and Vetterli
  /// 2007).
  double effective_rank() const {
    if (zero()) return 0.0;
    const double sum = relative().sum();
    double entropy = 0.0;
    for (const double s : relative()) {
      const double p = s / sum;
      if (p > 0.0) entropy -= p * std::log(p);
    }
    return std::exp(entropy);
  }

  /// Computes ||X||_F^2 / sigma_1^2.
  double stable_rank() const { return zero() ? 0.0 : relative().squaredNorm(); }

  /// Computes ||X||_*^2 / ||X||_F^2.
  double nuclear_rank() const {
    if (zero()) return 0.0;
    const double sum = relative().sum();
    return sum * sum / relative().squaredNorm();
  }

  /// Computes ||X||_F^4 / ||X X^T||_F^2.
  double participation_ratio() const {
    if (zero()) return 0.0;
    const double squares = relative().squaredNorm();
    return squares * squares / relative().cwiseAbs2().squaredNorm();
  }

  /// Computes sigma_1 / ||X||_F, which Pion's cutoff is compared with; 0 for a zero matrix.
  double concentration() const { return zero() ? 0.0 : 1.0 / relative().norm(); }

  /// Counts the directions of this matrix whose gain under `f` exceeds `gain`. The spectral
  /// normaliser is taken as sigma_1 itself.
  /// \throws std::invalid_argument for AOL, which changes the singular vectors.
  Index survivors(const Filter& f, double gain = survivor_gain) const {
    if (zero()) return 0;
    // Relative to sigma_1, because the norm itself may overflow.
    const double unit = measured_against(f.normalizer);
    Index count = 0;
    for (Index i = 0; i < values_.size(); ++i) {
      const double s =
          f.normalizer == Normalizer::none ? values_(i) : values_(i) / values_(0) / unit;
      if (std::fabs(f.chain(s)) > gain) ++count;
    }
    return count;
  }

 private:
  bool zero() const { return largest() == 0.0; }
  Eigen::VectorXd relative() const { return values_ / values_(0); }

  /// What the singular values are divided by, over sigma_1.
  double measured_against(Normalizer n) const {
    switch (n) {
      case Normalizer::frobenius: return relative().norm();
      case Normalizer::schatten4: return std::pow(relative().cwiseAbs2().squaredNorm(), 0.25);
      case Normalizer::spectral:
      case Normalizer::none: return 1.0;
      case Normalizer::aol: break;
    }
    detail::refuse_argument(
        "survivors: AOL changes the singular vectors; apply the filter instead");
  }

  Eigen::VectorXd values_;
  Index rows_;
  Index cols_;
};

/// Computes the spectrum of x, by an SVD in double (values alone). Cost: one SVD; allocates.
/// \throws std::domain_error if an entry is NaN or infinite, or sigma_1 overflows a double.
template <class X>
Spectrum spectrum(const Eigen::MatrixBase<X>& x) {
  detail::ColumnMajor<double> work((std::min)(x.rows(), x.cols()), (std::max)(x.rows(), x.cols()));
  const engine::View<double> inside(work.data(), work.rows(), work.cols());
  const double largest = detail::load("spectrum", x, inside);
  if (largest == 0.0) return {Eigen::VectorXd::Zero(work.rows()), x.rows(), x.cols()};
  detail::scale_to_one(largest, inside);
  Eigen::VectorXd values = detail::singular_values(work) * std::ldexp(1.0, std::ilogb(largest));
  if (!detail::is_finite(values(0))) {
    detail::refuse_values("spectrum: the largest singular value overflows; scale the matrix");
  }
  return {std::move(values), x.rows(), x.cols()};
}

/// Shorthands for one measure of one matrix; take a Spectrum for several. Cost: one SVD each.
/// \throws std::domain_error if an entry is NaN or infinite, or sigma_1 overflows a double.
template <class X>
double effective_rank(const Eigen::MatrixBase<X>& x) {
  return spectrum(x).effective_rank();
}
template <class X>
double stable_rank(const Eigen::MatrixBase<X>& x) {
  return spectrum(x).stable_rank();
}
template <class X>
double nuclear_rank(const Eigen::MatrixBase<X>& x) {
  return spectrum(x).nuclear_rank();
}
template <class X>
double participation_ratio(const Eigen::MatrixBase<X>& x) {
  return spectrum(x).participation_ratio();
}

}  // namespace pion
