// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "pion_tool/io/atomic_file.hpp"
#include "regime/map.hpp"

/// The map where matrices are large enough for the rules that compress: who wins, how many of the
/// steps were compressed, and what that saved.
namespace pion::regime {
namespace {

std::vector<experiment::Contender> contenders() {
  const experiment::Momenta m{0.9, 0.9, 0.99};
  return {adamw(m),
          muon(m),
          pion_within(m, 2),
          above_noise(m, Method::automatic),
          adaptive_rank(m, 0.1, Method::automatic),
          low_rank_muon(m, 4, Method::automatic)};
}

/// Those of them that compress, under the same names without compression.
std::vector<experiment::Contender> without_compression() {
  const experiment::Momenta m{0.9, 0.9, 0.99};
  return {experiment::pion(m, 2), above_noise(m, Method::svd), adaptive_rank(m, 0.1, Method::svd),
          low_rank_muon(m, 4, Method::svd)};
}

/// The mean time of a step on the whole way, in milliseconds.
double step_time(const Regime& regime, const experiment::Contender& contender, double rate) {
  const Training training = Task(regime, 0).train(contender, rate);
  const double total = std::accumulate(training.seconds.begin(), training.seconds.end(), 0.0);
  return 1e3 * total / static_cast<double>(training.seconds.size());
}

/// A line for each contender that compresses: what its steps cost at its best rate, with and
/// without.
std::string cost_csv(const Place& place) {
  std::string out;
  for (const experiment::Contender& plain : without_compression()) {
    const auto is_same = [&plain](const auto& other) { return other.name == plain.name; };
    const std::vector<experiment::Contender> all = contenders();
    const auto with = std::find_if(all.begin(), all.end(), is_same);
    const double rate =
        std::find_if(place.results.begin(), place.results.end(), is_same)->tuned.rate;
    out +=
        fmt::format("{},{:g},{},{:.3g},{:.3g}\n", place.regime.rank, place.regime.snr, plain.name,
                    step_time(place.regime, *with, rate), step_time(place.regime, plain, rate));
  }
  return out;
}

Plane plane(bool quick) {
  if (quick) return {{40, 48, 1, 1.0, 1.0}, {2}, {1.0}};
  return {{256, 256, 1, 1.0, 1.0}, {4, 16}, {1.0, 0.1}};
}

void write(const Map& map, const std::string& folder) {
  io::write_text(folder + "/regime_large.csv", csv({map}));
  io::write_text(folder + "/regime_large_compressed.csv", compressed_csv(map));
  io::write_text(folder + "/regime_large_winners.svg", winners_svg({map}));
  io::write_text(folder + "/regime_large_ratios.svg", ratios_svg(map));
}

void run(const experiment::Options& o) {
  experiment::SearchOptions search = o.search;
  search.tuning_seeds = std::min(search.tuning_seeds, 2);
  Map map{plane(o.quick), {}};
  std::string costs = "rank,snr,optimiser,milliseconds,without_compression\n";
  tool::Progress progress(map.plane.ranks.size() * map.plane.snrs.size() * contenders().size());
  for_each_place(map.plane, [&](const Regime& at) {
    map.places.push_back(compete(at, contenders(), search, progress));
    write(map, o.output);
    costs += cost_csv(map.places.back());
    io::write_text(o.output + "/regime_large_cost.csv", costs);
    if (at.rank != 4 && !o.quick) return;
    io::write_text(
        fmt::format("{}/regime_large_curves_rank{}_snr{:g}.svg", o.output, at.rank, at.snr),
        curves_svg(map.places.back()));
  });
}

}  // namespace
}  // namespace pion::regime

int main(int argc, char** argv) {
  return pion::experiment::run_command(
      argc, argv, "regime_map_large",
      "The map of regime_map at 256x256 by rules that compress: how often they do, what it saves.",
      pion::regime::run);
}
