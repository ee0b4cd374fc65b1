// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "pion/io/file.hpp"
#include "regime_map/map.hpp"

/// The map where matrices are large enough for the rules that compress: who wins, and how many of the
/// steps were compressed.
namespace pion::regime_map {
namespace {

std::vector<experiment::Contender> contenders() {
  const experiment::Momenta m{0.9, 0.9, 0.99};
  return {adamw(m),
          muon(m),
          pion_compressed(m, 2),
          above_noise(m, Method::automatic),
          adaptive_rank(m, 0.1, Method::automatic),
          low_rank_muon(m, 4, Method::automatic)};
}

Plane plane(bool quick) {
  if (quick) return {{40, 48, 1, 1.0, 1.0}, {2}, {1.0}};
  return {{256, 256, 1, 1.0, 1.0}, {4, 16, 64}, {1.0, 0.1}};
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
  tool::Progress progress(map.plane.ranks.size() * map.plane.snrs.size() * contenders().size());
  for (const Eigen::Index rank : map.plane.ranks) {
    for (const double snr : map.plane.snrs) {
      Regime regime = map.plane.form;
      regime.rank = rank;
      regime.snr = snr;
      map.places.push_back(compete(regime, contenders(), search, progress));
      write(map, o.output);
      if (rank == 4 || o.quick) {
        io::write_text(
            fmt::format("{}/regime_large_curves_rank{}_snr{:g}.svg", o.output, rank, snr),
            curves_svg(map.places.back()));
      }
    }
  }
}

}  // namespace
}  // namespace pion::regime_map

int main(int argc, char** argv) {
  return pion::experiment::run_command(
      argc, argv, "regime_map_large",
      "The map of regime_map at 256x256, by rules that compress, and how often they do.",
      pion::regime_map::run);
}
