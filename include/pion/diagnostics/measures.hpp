// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::exp, std::expm1, std::fabs, std::log, std::pow, std::sqrt
#include <utility>    // std::move

#include <Eigen/Core>

#include <pion/algorithm/svd.hpp>
#include <pion/detail/check.hpp>
#include <pion/filter/filter.hpp>

namespace pion {

/// Likely bounds of the error that rounding makes in computed singular values, relative to sigma_1:
/// |sigma - exact| <= values, and more where sigma came from its square, which is within `squares`
/// of the exact one, or within `tail_squares` for sigma <= tail. (A square below that is given as
/// 0.)
struct SpectrumError {
  double values = 0.0;
  double squares = 0.0;
  double tail = -1.0;
  double tail_squares = 0.0;

  /// The error of one value, relative to sigma_1 as the value is.
  double at(double sigma) const {
    const double moved = sigma <= tail ? tail_squares : squares;
    if (sigma == 0.0) return values + std::sqrt(2.0 * moved);
    return values + (sigma - std::sqrt((std::max)(0.0, sigma * sigma - moved)));
  }
};

/// The singular values of one matrix, descending, and what is read off them.
///
/// Every measure but rank() is a real number between 1 and min(m, n) for a matrix that is not zero,
/// unchanged when the matrix is scaled, and 0 for a zero or empty matrix.
/// Order (Renyi entropies): nuclear_rank <= effective_rank <= rank; stable_rank <=
/// participation_ratio.
class Spectrum {
 public:
  /// \param descending  singular values of a rows x cols matrix.
  /// \param error       what is known of their accuracy; nothing: they are taken as exact.
  Spectrum(detail::OwnedVector<double> descending, Index rows, Index cols, SpectrumError error = {})
      : values_(std::move(descending)), rows_(rows), cols_(cols), error_(error) {}

  const detail::OwnedVector<double>& values() const { return values_; }
  /// sigma_1; 0 where there is none.
  double largest() const { return values_.size() == 0 ? 0.0 : values_(0); }

  const SpectrumError& errors() const { return error_; }  ///< What error() is made of.

  /// Returns how far any value may be from the exact one.
  double error() const {
    if (zero()) return 0.0;
    double most = 0.0;
    for (const double s : relative()) most = (std::max)(most, error_.at(s));
    return most * largest();
  }

  /// Returns how far effective_rank() may be from the exact one, relative to it.
  ///
  /// With S = sum(sigma) and H = log(effective rank), dH / dsigma_i = -(log(sigma_i / S) + H) / S.
  /// Errors of different values are taken as independent: they add up like a random walk. A value
  /// whose error e is no less than itself adds, by integration, e (1 + |log(e / S)| + H) / S.
  double effective_rank_error() const {
    if (zero()) return 0.0;
    const double sum = detail::sum(relative()), entropy = std::log(effective_rank());
    double walk = 0.0, lost = 0.0;
    for (const double s : relative()) {
      const double e = error_.at(s) / sum;
      if (e == 0.0) continue;
      if (s > error_.at(s)) {
        const double step = e * (std::log(s / sum) + entropy);
        walk += step * step;
      } else {
        lost += e * (1.0 + std::fabs(std::log(e)) + entropy);
      }
    }
    return std::expm1(std::sqrt(walk) + lost);
  }

  /// Whether error() and effective_rank_error() are at most `within`, relative to sigma_1 and 1.
  bool is_within(double within) const {
    return error() <= within * largest() && effective_rank_error() <= within;
  }

  /// Counts the singular values above max(m, n) eps sigma_1, with double's eps; none that rounding
  /// could have made of 0.
  Index rank() const {
    const Index positive = (values_.array() > 0.0).count();
    return (std::min)(algorithm::numerical_rank(values_, rows_, cols_), positive);
  }

  /// Computes exp of the entropy of sigma / sum(sigma) (Fan et al. 2026, eq. 4; Roy and Vetterli
  /// 2007).
  double effective_rank() const {
    if (zero()) return 0.0;
    const double sum = detail::sum(relative());
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
    const double sum = detail::sum(relative());
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
  detail::OwnedVector<double> relative() const { return values_ / values_(0); }

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

  detail::OwnedVector<double> values_;
  Index rows_;
  Index cols_;
  SpectrumError error_;
};

}  // namespace pion
