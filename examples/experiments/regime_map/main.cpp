// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "pion_tool/io/atomic_file.hpp"
#include "regime/map.hpp"

/// Who wins where: every optimiser at its best learning rate on matrices of known rank, learned
/// from gradients of known noise. The results are written anew after every place of the map.
namespace pion::regime {
namespace {

std::vector<Plane> planes(bool quick) {
  if (quick) return {{{12, 16, 1, 1.0, 1.0}, {1, 12}, {1.0}}, {{8, 8, 1, 1.0, 10.0}, {2}, {0.1}}};
  const std::vector<double> snrs = {10.0, 1.0, 0.1, 0.01};
  return {{{64, 64, 1, 1.0, 1.0}, {1, 2, 4, 8, 16, 32, 64}, snrs},
          {{64, 64, 1, 1.0, 10.0}, {1, 4, 16, 64}, snrs},
          {{32, 128, 1, 1.0, 1.0}, {1, 4, 16, 32}, snrs},
          {{128, 128, 1, 1.0, 1.0}, {1, 4, 16, 64, 128}, {1.0, 0.1}}};
}

void write(const std::vector<Map>& maps, const std::string& folder) {
  io::write_text(folder + "/regime_map.csv", csv(maps));
  io::write_text(folder + "/regime_spectra.csv", spectra_csv(maps));
  io::write_text(folder + "/regime_winners.svg", winners_svg(maps));
  io::write_text(folder + "/regime_ratios.svg", ratios_svg(maps.front()));
}

void run(const experiment::Options& o) {
  std::size_t searches = 0;
  for (const Plane& p : planes(o.quick)) searches += p.ranks.size() * p.snrs.size();
  searches *= all_contenders().size();
  tool::Progress progress(searches);
  std::vector<Map> maps;
  for (const Plane& plane : planes(o.quick)) {
    maps.push_back({plane, {}});
    for_each_place(plane, [&](const Regime& at) {
      maps.back().places.push_back(compete(at, all_contenders(), o.search, progress));
      write(maps, o.output);
      const bool corner =
          maps.size() == 1 && (at.rank == 4 || at.rank == 64) && (at.snr == 10.0 || at.snr == 0.1);
      if (!corner && !o.quick) return;
      io::write_text(fmt::format("{}/regime_curves_rank{}_snr{:g}.svg", o.output, at.rank, at.snr),
                     curves_svg(maps.back().places.back()));
    });
  }
}

}  // namespace
}  // namespace pion::regime

int main(int argc, char** argv) {
  return pion::experiment::run_command(
      argc, argv, "regime_map",
      "Learns matrices of known rank from gradients of known noise, and maps which optimiser wins.",
      pion::regime::run);
}
