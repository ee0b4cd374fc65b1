// SPDX-License-Identifier: Apache-2.0
#include "regime_map/map.hpp"

#include <fmt/format.h>

#include <utility>

namespace pion::regime_map {

using experiment::Contender;
using experiment::Outcome;

std::vector<Contender> contenders() {
  const experiment::Momenta m{0.9, 0.9, 0.99};
  std::vector<Contender> all = {adamw(m),           sgd(m),         muon(m),
                                low_pass_muon(m),   above_noise(m), above_noise_or_all(m),
                                low_rank_muon(m, 4)};
  for (int kp = 0; kp <= 4; ++kp) all.push_back(experiment::pion(m, kp));
  return all;
}

Place compete(const Regime& regime, const experiment::SearchOptions& options,
              tool::Progress& progress) {
  Place place{regime, {}};
  for (const Contender& c : contenders()) {
    progress.step(fmt::format("{}x{}, rank {}, SNR {}: {}", regime.rows, regime.cols, regime.rank,
                              regime.snr, c.name));
    const auto train = [&](double rate, std::uint64_t seed) {
      std::vector<double> curve = Task(regime, seed).train(c, rate);
      const double last = curve.back();
      return Outcome{last, std::move(curve)};
    };
    place.results.push_back({c.name, experiment::tune(train, c.rate, options), {}, {}});
  }
  experiment::compare_with("Muon", place.results);
  return place;
}

}  // namespace pion::regime_map
