// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>  // std::uint64_t

#include <pion/detail/traits.hpp>
#include <pion/engine/view.hpp>

/// The numbers that a search for singular triplets goes by (algorithm/subspace_iteration.hpp), all
/// in one place. The most directions, 128, is detail::max_rank.
namespace pion::algorithm {

/// Directions to begin with where nothing says how many there are: real spectra fall that fast.
inline constexpr Index usual_rank = 32;

/// Directions that are looked for beside those wanted, so that the last of these converges.
inline constexpr Index oversampling = 8;

/// Columns of the random probes (algorithm/probes.hpp).
inline constexpr Index probe_columns = 16;

/// How long a search goes on. A check is a Rayleigh-Ritz step and what it proves.
struct SearchEffort {
  static constexpr int most_checks = 6;           ///< Checks before the search is given up.
  static constexpr int cold_steps = 3;            ///< Power steps before the first check.
  static constexpr int most_steps = 4;            ///< Between two checks.
  static constexpr int steps_of_new_columns = 2;  ///< After random columns have come in.
};

/// How SubspaceIteration::find() goes about it.
template <class T>
struct SubspaceOptions {
  engine::View<const T> start;  ///< A basis to begin with (m x k); without columns, a cold start.
  Index rank = usual_rank;      ///< Directions to begin with.
  double tolerance = 0.0;       ///< What Criterion::error() must reach.
  double failure_probability = 1e-6;  ///< Probability that the bound is wrong.
  std::uint64_t seed = 0;             ///< Of the random columns and the probes.
  double budget = 0.0;  ///< Multiply-adds with A that it may cost, small matrices priced alike.
};

}  // namespace pion::algorithm
