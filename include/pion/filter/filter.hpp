// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::floor, std::fabs
#include <optional>

#include <pion/filter/chain.hpp>
#include <pion/filter/normalizer.hpp>
#include <pion/filter/shape.hpp>

namespace pion {

/// A direction survives a filter when its gain exceeds this: six orders below the pass band, where
/// float32 begins to lose it. Every count of survivors takes another threshold as an argument.
inline constexpr double survivor_gain = 1e-6;

/// A filter is a chain and what its argument is measured against, and nothing else.
struct Filter {
  Chain chain;
  Normalizer normalizer = Normalizer::frobenius;  ///< What singular values are divided by.
};

/// Returns the cutoff: where the filter separates what it keeps from what it drops. It is the sigma
/// that the chain takes to the repelling fixed point of its last step, so that with that step
/// repeated for ever everything below would go to 0. A chain whose last step lifts small values
/// (Muon's) has no such edge: nothing.
///
/// For Pion's high-pass it is f_p^-kp(sqrt(2/3)): .816497, .523018, .295733, .160457, .086000 for
/// kp = 0..4. Cost: as sigma_at_gain().
/// \throws std::invalid_argument if f has more than 65,536 laps on [0, 1].
inline std::optional<double> cutoff(const Chain& f) {
  if (f.empty()) return std::nullopt;
  const OddQuintic& last = f.steps().back();
  if (std::fabs(last.derivative(0.0)) >= 1.0) return std::nullopt;
  for (const double s : fixed_points(last)) {
    if (last.derivative(s) > 1.0) return sigma_at_gain(f, s);
  }
  return std::nullopt;
}
inline std::optional<double> cutoff(const Filter& f) { return cutoff(f.chain); }

/// Bounds how many singular values of a matrix, whatever its size, can have a gain above `gain`:
/// floor(1 / s^2) with s the smallest sigma that reaches the gain, because the squares of the
/// singular values sum to 1 under the Frobenius norm (fourth powers under Schatten-4). Nothing
/// where the normaliser sets no such limit; 0 where no sigma in [0, 1] reaches the gain.
///
/// High-pass with kp = 0, 1, 2, 3: 2, 8, 71, 2073 at the default gain. Cost: as sigma_at_gain().
/// \throws std::invalid_argument if `gain` is not a positive number, or if the chain has more than
///         65,536 laps on [0, 1].
inline std::optional<double> max_survivors(const Filter& f, double gain = survivor_gain) {
  const bool fourth_powers = f.normalizer == Normalizer::schatten4;
  if (f.normalizer != Normalizer::frobenius && !fourth_powers) return std::nullopt;
  const std::optional<double> s = sigma_at_gain(f.chain, gain);
  if (!s) return 0.0;
  const double square = *s * *s;
  return std::floor(1.0 / (fourth_powers ? square * square : square));
}

}  // namespace pion
