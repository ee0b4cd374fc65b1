// SPDX-License-Identifier: Apache-2.0
#include "regime/map.hpp"

#include <fmt/format.h>

#include <utility>

namespace pion::regime {

using experiment::Contender;
using experiment::Outcome;

Place compete(const Regime& regime, const std::vector<Contender>& contenders,
              const experiment::SearchOptions& options, tool::Progress& progress) {
  Place place{regime, {}};
  for (const Contender& c : contenders) {
    progress.step(fmt::format("{}x{}, rank {}, SNR {}: {}", regime.rows, regime.cols, regime.rank,
                              regime.snr, c.name));
    const auto train = [&](double rate, std::uint64_t seed) {
      Training run = Task(regime, seed).train(c, rate);
      const double last = run.errors.back();
      return Outcome{last, std::move(run.errors), run.compressed, run.update_rms};
    };
    place.results.push_back({c.name, experiment::tune(train, c.rate, options), {}, {}});
  }
  experiment::compare_with("Muon", place.results);
  return place;
}

}  // namespace pion::regime
