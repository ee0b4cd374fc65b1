// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::max, std::min
#include <cmath>      // std::exp, std::floor, std::log, std::pow, std::sqrt
#include <cstdint>    // std::uint64_t
#include <optional>
#include <utility>  // std::move

#include <pion/algorithm/trace_bounds.hpp>
#include <pion/diagnostics/measures.hpp>

namespace pion {

/// How exact a sketched measure is to be: half its interval at most `relative` times its middle,
/// with the probability that the exact value lies within. The seed decides the random numbers.
struct Within {
  double relative = 0.02;
  double probability = 0.95;
  std::uint64_t seed = 0;
};

/// An interval that has the exact value in it with the probability that was asked for.
struct Estimate {
  double low = 0.0;   ///< The interval's lower end.
  double high = 0.0;  ///< Its upper end.

  /// The interval's middle.
  double value() const { return 0.5 * (low + high); }
  /// Half the interval, relative to its middle.
  double width() const { return high > 0.0 ? (high - low) / (high + low) : 0.0; }
};

/// What a few directions and random probes show of a matrix's spectrum, each measure an interval.
///
/// Two things make an interval wide. What the subspace leaves open is bounded from both sides and
/// certain (algorithm/trace_bounds.hpp). What the probes are by chance is as wide as its standard
/// deviation times a quantile; that is an approximation, and what is assumed is: the variance that
/// the probes' own quadrature shows is the exact one, and no sum of squares of normal variables is
/// more skewed than that of a single direction. Nor does it count that a sketch ends at the first
/// look at which its interval is narrow enough. tests/coverage measures how often it holds.
class SketchedSpectrum {
 public:
  /// \param unit  ||X||_F.
  SketchedSpectrum(algorithm::TraceRules rules, double unit, double probability)
      : rules_(std::move(rules)), unit_(unit), probability_(probability) {}

  /// Of the exact values, whose intervals are their own bounds of rounding.
  explicit SketchedSpectrum(Spectrum exact) : exact_(std::move(exact)) {}

  /// The exact values, where a sketch would not have been cheaper.
  const std::optional<Spectrum>& exact() const { return exact_; }
  double probability() const { return probability_; }
  /// Directions of the subspace, those of them taken out, and probes; 0 where exact.
  Index directions() const { return static_cast<Index>(rules_.upper.squares.size()); }
  Index taken() const { return static_cast<Index>(rules_.taken_squares.size()); }
  Index probes() const { return rules_.probes; }

  /// The same as if the probes were not by chance: what the subspace leaves open.
  SketchedSpectrum without_chance() const {
    SketchedSpectrum certain = *this;
    certain.by_chance_ = false;
    return certain;
  }

  /// exp of the entropy H of p = sigma / S, S = sum(sigma). With psi(sigma) = -sigma log(sigma / c)
  /// and P its sum, H = log(S) + P / S - log(c): the extremes over the intervals of S and P. The
  /// one of S matters in second order alone, as c makes P equal to S.
  Estimate effective_rank() const {
    if (exact_) {
      const double rank = exact_->effective_rank();
      return around(rank, rank * exact_->effective_rank_error(), 1.0);
    }
    const auto sum = estimate_trace(rules_, root);
    const auto entropy = estimate_trace(rules_, [](double s) { return psi(s, 1.0); });
    const double c = std::exp(1.0 - entropy.middle / sum.middle);
    const auto p = estimate_trace(
        rules_, [c](double s) { return psi(s, c); }, algorithm::negative_part(rules_, c));
    const double p_half = half(p), s_half = half(sum);
    const double s_low = (std::max)(sum.middle - s_half, 1.0), s_high = sum.middle + s_half;
    const auto h = [c](double s, double psi) { return std::log(s / c) + psi / s; };
    const double p_low = p.middle - p_half, p_high = p.middle + p_half;
    const double low = h((std::min)((std::max)(p_low, s_low), s_high), p_low);
    const double high = (std::max)(h(s_low, p_high), h(s_high, p_high));
    return clamped({std::exp(low), std::exp(high)});
  }

  /// ||X||_*^2 / ||X||_F^2.
  Estimate nuclear_rank() const {
    if (exact_) {
      const double rank = exact_->nuclear_rank();
      return around(rank, 2.0 * relative_error() * std::sqrt(rank * exact_size()), 1.0);
    }
    const auto sum = estimate_trace(rules_, root);
    const double low = (std::max)(sum.middle - half(sum), 0.0), high = sum.middle + half(sum);
    return clamped({low * low, high * high});
  }

  /// ||X||_F^2 / sigma_1^2. The lower end is chance, the upper certain.
  Estimate stable_rank() const {
    if (exact_) {
      const double rank = exact_->stable_rank();
      return around(rank, 2.0 * relative_error() * (rank + std::sqrt(rank * exact_size())), 1.0);
    }
    return clamped({1.0 / algorithm::largest_square(rules_, 1.0 - probability_),
                    1.0 / rules_.upper.squares.front()});
  }

  /// How many singular values are above `sigma` >= 0. The lower end is certain: the values of a
  /// projection interlace. The upper one is what was found, each value moved by what a block beside
  /// it may do, and by Markov's inequality the smallest of tr((A / sigma^2)^j) of what is left.
  Estimate count_above(double sigma) const {
    if (exact_) {
      const double error = exact_->error();
      const auto count = [&](double above) {
        return static_cast<double>((exact_->values().array() > above).count());
      };
      return {count(sigma + error), count((std::max)(0.0, sigma - error))};
    }
    const double square = (sigma / unit_) * (sigma / unit_);
    Estimate found;
    for (const double s : rules_.upper.squares) {
      if (s > square * (1.0 + 1e-6) && s > floor_square()) found.low += 1.0;
    }
    found.high = static_cast<double>(rules_.rows);
    const double moved = square - rules_.taken_residual;
    if (!(moved > 0.0)) return found;
    double beside = found.high;
    for (int j = 1; j < 2 * rules_.steps; ++j) {
      const auto power = [&](double s) { return std::pow(s / moved, static_cast<double>(j)); };
      const double mean = rules_.upper.sum_probed(power);
      const double variance =
          rules_.upper.sum_probed([&](double s) { return power(s) * power(s); });
      const double deviation = std::sqrt(2.0 * variance / static_cast<double>(rules_.probes));
      beside = (std::min)(beside, mean + quantile() * deviation);
    }
    beside = std::floor(beside);
    for (const double s : rules_.taken_squares) beside += s > moved ? 1.0 : 0.0;
    found.high = (std::max)(found.low, (std::min)(found.high, beside));
    return found;
  }

 private:
  static double root(double square) { return std::sqrt(square); }
  static double psi(double square, double c) {
    return square > 0.0 ? -std::sqrt(square) * (0.5 * std::log(square) - std::log(c)) : 0.0;
  }
  static Estimate around(double value, double error, double least) {
    return {value > 0.0 ? (std::max)(least, value - error) : 0.0, value + error};
  }
  double quantile() const {
    return by_chance_ ? algorithm::probe_quantile(rules_.probes, probability_) : 0.0;
  }
  double half(const algorithm::TraceEstimate& e) const {
    return e.bracket + quantile() * e.deviation;
  }
  Estimate clamped(Estimate e) const {
    const auto most = static_cast<double>(rules_.rows);
    return {std::clamp(e.low, 1.0, most), std::clamp(e.high, 1.0, most)};
  }
  double floor_square() const { return 16e-16 * rules_.upper.squares.front(); }
  double relative_error() const {
    return exact_->largest() > 0.0 ? exact_->error() / exact_->largest() : 0.0;
  }
  double exact_size() const { return static_cast<double>(exact_->values().size()); }

  algorithm::TraceRules rules_;
  std::optional<Spectrum> exact_;
  double unit_ = 0.0, probability_ = 1.0;
  bool by_chance_ = true;
};

}  // namespace pion
