// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

/// Fair comparison of optimisers: each is given its own best learning rate, found on seeds that are
/// not the ones reported.
namespace pion::experiment {

/// What a training run came to.
struct Outcome {
  double loss = 0.0;          ///< What counts, smaller is better; infinite where it diverged.
  std::vector<double> curve;  ///< On the way, as the experiment wishes.
  double compressed = 0.0;    ///< The part of the steps that took the low-rank method.
  double update_rms = 0.0;    ///< Root mean square of the entries of all updates by the rule.
};

/// One training run. It may be called from several threads at once.
using Run = std::function<Outcome(double rate, std::uint64_t seed)>;

/// The rates are tried on the seeds from here on, the best one on 0, 1, ...
inline constexpr std::uint64_t first_tuning_seed = 1000;

struct SearchOptions {
  int tuning_seeds = 3;  ///< Of each rate of the grid.
  int seeds = 8;         ///< Others, of the best rate: these are reported.
  int rates = 7;         ///< Of the grid that the search begins with, 10^(1/3) apart.
  int threads = 2;
};

struct Trial {
  double rate = 0.0;
  double loss = 0.0;  ///< Mean over the tuning seeds.
};

struct Tuned {
  std::vector<Trial> grid;  ///< Rates ascending.
  double rate = 0.0;        ///< The best of them.
  bool at_edge = false;     ///< The search gave up widening before the best lay inside.
  std::vector<Outcome> outcomes;

  std::vector<double> losses() const;
};

/// The grid is centred on `centre`, spans a factor of 100 with 7 rates, and grows by one rate at a
/// time while its best lies at an end and is better than its neighbour by more than a part in a
/// thousand; up to ten more.
Tuned tune(const Run& run, double centre, const SearchOptions& options);

}  // namespace pion::experiment
