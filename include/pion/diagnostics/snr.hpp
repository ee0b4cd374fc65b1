// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::pow
#include <limits>
#include <string>

#include <Eigen/Core>

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/detail/traits.hpp>

/// The signal-to-noise ratio of a stochastic gradient, ||E G||_F^2 / E ||G - E G||_F^2
/// (Fan et al. 2026, eq. 5), without the bias that the mean of finitely many samples has.
namespace pion {

/// The signal-to-noise ratio of a stochastic gradient, estimated.
struct Snr {
  double signal = 0.0;  ///< Estimate of ||E G||_F^2; unbiased, so it can be negative.
  double noise = 0.0;   ///< Estimate of E ||G - E G||_F^2.
  Index count = 0;      ///< Samples behind it.

  /// Returns max(signal, 0) / noise; infinite where there is signal and no noise, 0 where there is
  /// neither.
  double ratio() const {
    if (detail::is_nan(signal) || detail::is_nan(noise)) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    const double positive = (std::max)(signal, 0.0);
    if (noise > 0.0) return positive / noise;
    return positive > 0.0 ? std::numeric_limits<double>::infinity() : 0.0;
  }
};

namespace detail {

/// Converts a sample to double.
/// \throws std::invalid_argument unless it is the first or has the shape of `like`;
///         std::domain_error unless its squared norm is finite, and well above the least double
///         unless it is 0.
template <class G>
OwnedMatrix<double> sample(const char* function, const Eigen::MatrixBase<G>& g,
                           const OwnedMatrix<double>& like, bool first) {
  if (!first && (g.rows() != like.rows() || g.cols() != like.cols())) {
    refuse_argument(std::string(function) + ": a sample is " + shape(g.rows(), g.cols()) +
                    ", those before are " + shape(like.rows(), like.cols()));
  }
  OwnedMatrix<double> in_double = g.template cast<double>();
  const double squares = in_double.squaredNorm();
  if (!detail::is_finite(squares)) {
    refuse_values(std::string(function) +
                  ": a sample has an entry that is not finite, or a "
                  "squared norm that overflows");
  }
  constexpr double least =
      (std::numeric_limits<double>::min)() / std::numeric_limits<double>::epsilon();
  if (squares < least && (in_double.array() != 0.0).any()) {
    refuse_values(
        std::string(function) +
        ": the squared norm of a sample vanishes; multiply all samples by a power of two");
  }
  return in_double;
}

/// Estimates the SNR from ||mean||^2 and the sum of ||g_i - mean||^2: noise = squares / (n - 1),
/// signal = ||mean||^2 - noise / n.
/// \throws std::invalid_argument for fewer than two samples.
inline Snr snr_of_samples(double squared_mean, double squares, Index count) {
  if (count < 2) {
    refuse_argument("SnrSamples: " + std::to_string(count) +
                    " samples; the noise shows from two on");
  }
  const auto n = static_cast<double>(count);
  const double noise = squares / (n - 1.0);
  return {squared_mean - noise / n, noise, count};
}

/// Estimates the SNR from exponential averages with the weight `decay` of the past.
/// \param squared_mean  ||m||^2, m being the average of g.
/// \param square        the average of ||g||^2.
/// \throws std::invalid_argument for fewer than two samples.
inline Snr snr_of_stream(double squared_mean, double square, double decay, Index count) {
  if (count < 2) {
    refuse_argument("SnrStream: " + std::to_string(count) +
                    " samples; the noise shows from two on");
  }
  const double forgotten = std::pow(decay, static_cast<double>(count));
  squared_mean /= (1.0 - forgotten) * (1.0 - forgotten);
  square /= 1.0 - forgotten;
  const double w2 = (1.0 - decay) * (1.0 + forgotten) / ((1.0 + decay) * (1.0 - forgotten));
  // 1 - w2, without the cancellation where the last sample has nearly all the weight.
  const double rest = 2.0 * (decay - forgotten) / ((1.0 + decay) * (1.0 - forgotten));
  return {(squared_mean - w2 * square) / rest, (square - squared_mean) / rest, count};
}

/// Refuses a weight of the past that is none, or so little that the noise is lost: the average of
/// ||g||^2 less ||m||^2 is 2 b times the noise, with a rounding error of the averages' size.
/// \throws std::invalid_argument unless 1e-6 <= decay < 1.
inline void require_decay(double decay) {
  if (decay >= 1e-6 && decay < 1.0) return;
  refuse_argument("SnrStream: the decay " + number_text(decay) + " is not in [1e-6, 1)");
}

}  // namespace detail

/// Estimates the SNR over samples, in one pass: Welford's update, and Chan's rule to merge two
/// passes. A refused sample changes nothing. Memory: one matrix of doubles.
class SnrSamples {
 public:
  /// Adds a sample. Cost: two passes over the matrix; allocates a copy.
  /// \throws std::invalid_argument if g's shape is not that of the samples before;
  ///         std::domain_error if g is not finite, or its squared norm overflows or vanishes.
  template <class G>
  void add(const Eigen::MatrixBase<G>& g) {
    const detail::OwnedMatrix<double> sample = detail::sample("SnrSamples", g, mean_, count_ == 0);
    if (count_ == 0) mean_ = detail::OwnedMatrix<double>::Zero(g.rows(), g.cols());
    ++count_;
    const detail::OwnedMatrix<double> away = sample - mean_;
    mean_ += away / static_cast<double>(count_);
    squares_ += away.cwiseProduct(sample - mean_).sum();
  }

  /// Adds all samples of another; the result is the same but for rounding.
  /// \throws std::invalid_argument if the shapes differ.
  void merge(const SnrSamples& other) {
    if (other.count_ == 0) return;
    if (count_ == 0) {
      *this = other;
      return;
    }
    const detail::OwnedMatrix<double> away =
        detail::sample("SnrSamples", other.mean_, mean_, false) - mean_;
    const auto here = static_cast<double>(count_);
    const auto there = static_cast<double>(other.count_);
    const double all = here + there;
    mean_ += away * (there / all);
    squares_ += other.squares_ + away.squaredNorm() * here * there / all;
    count_ += other.count_;
  }

  Index count() const { return count_; }                             ///< Samples so far.
  const detail::OwnedMatrix<double>& mean() const { return mean_; }  ///< Their mean, column-major.

  /// Returns the estimate from the samples so far.
  /// \throws std::invalid_argument for fewer than two samples.
  Snr estimate() const { return detail::snr_of_samples(mean_.squaredNorm(), squares_, count_); }

 private:
  detail::OwnedMatrix<double> mean_;
  double squares_ = 0.0;  // sum of ||g_i - mean||^2
  Index count_ = 0;
};

/// Estimates the SNR over a stream, by exponential averages of g and ||g||^2 whose bias is removed
/// exactly.
///
/// With w2 = (1 - b)(1 + b^t) / ((1 + b)(1 - b^t)) the sum of the squared weights after t samples,
/// noise = (v - ||m||^2) / (1 - w2) and signal = (||m||^2 - w2 v) / (1 - w2).
class SnrStream {
 public:
  /// \param decay  b, in [1e-6, 1): the weight of the past. Below it nothing but rounding is left
  ///         of the noise.
  /// \throws std::invalid_argument unless 1e-6 <= decay < 1.
  explicit SnrStream(double decay) : decay_(decay) { detail::require_decay(decay); }

  /// Adds a sample; a refused one changes nothing. Cost: two passes over the matrix; allocates.
  /// \throws std::invalid_argument if g's shape is not that of the samples before;
  ///         std::domain_error if g is not finite, or its squared norm overflows or vanishes.
  template <class G>
  void add(const Eigen::MatrixBase<G>& g) {
    const detail::OwnedMatrix<double> sample = detail::sample("SnrStream", g, mean_, count_ == 0);
    if (count_ == 0) mean_ = detail::OwnedMatrix<double>::Zero(g.rows(), g.cols());
    mean_ = decay_ * mean_ + (1.0 - decay_) * sample;
    square_ = decay_ * square_ + (1.0 - decay_) * sample.squaredNorm();
    ++count_;
  }

  Index count() const { return count_; }  ///< Samples so far.

  /// Returns the estimate from the samples so far.
  /// \throws std::invalid_argument for fewer than two samples.
  Snr estimate() const {
    return detail::snr_of_stream(mean_.squaredNorm(), square_, decay_, count_);
  }

 private:
  double decay_;
  detail::OwnedMatrix<double> mean_;
  double square_ = 0.0;
  Index count_ = 0;
};

/// What is known of the gradients averaged over batches of one size.
struct BatchNorm {
  double squared_norm = 0.0;  ///< ||g_B||^2, averaged over many batches.
  double size = 1.0;          ///< B.
};

/// Estimates the SNR of the gradient of ONE example from the squared norms of gradients averaged
/// over two batch sizes (McCandlish et al. 2018, App. A.1): E ||g_B||^2 = ||G||^2 + tr(Sigma) / B.
///
/// tr(Sigma) / ||G||^2, the inverse of the ratio, is their simple noise scale. Average the squared
/// norms over many batches first: the ratio of two noisy numbers is biased.
/// \throws std::invalid_argument unless 0 < fewer.size < more.size and all four numbers are
///         finite.
inline Snr snr_from_batch_sizes(const BatchNorm& fewer, const BatchNorm& more) {
  const bool finite = detail::is_finite(fewer.squared_norm) && detail::is_finite(more.squared_norm);
  if (!(0.0 < fewer.size && fewer.size < more.size && detail::is_finite(more.size) && finite)) {
    detail::refuse_argument("snr_from_batch_sizes: batch sizes " + detail::number_text(fewer.size) +
                            " and " + detail::number_text(more.size) +
                            "; the first must be positive and smaller, and all finite");
  }
  const double signal =
      (more.size * more.squared_norm - fewer.size * fewer.squared_norm) / (more.size - fewer.size);
  const double noise =
      (fewer.squared_norm - more.squared_norm) / (1.0 / fewer.size - 1.0 / more.size);
  return {signal, noise, 2};
}

/// Estimates the SNR over a range of matrices.
/// \throws std::invalid_argument for fewer than two samples, or if their shapes differ;
///         std::domain_error if one is not finite, or its squared norm overflows or vanishes.
template <class Samples>
Snr snr(const Samples& samples) {
  SnrSamples all;
  for (const auto& g : samples) all.add(g);
  return all.estimate();
}

}  // namespace pion
