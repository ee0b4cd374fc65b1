// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/published.hpp"
#include "pion_tool/io/atomic_file.hpp"
#include "regime/map.hpp"

/// The regime map with the newer optimisers of the family beside those it leads to.
namespace pion::regime {
namespace {

std::vector<experiment::Contender> contenders() {
  const experiment::Momenta m{0.9, 0.9, 0.99};
  std::vector<experiment::Contender> all = {adamw(m), muon(m), experiment::pion(m, 2),
                                            above_noise(m)};
  for (experiment::Contender& c : experiment::newer(m)) all.push_back(std::move(c));
  return all;
}

std::vector<Plane> planes(bool quick) {
  if (quick) return {{{12, 16, 1, 1.0, 1.0}, {2}, {1.0}}};
  return {{{64, 64, 1, 1.0, 1.0}, {1, 4, 16, 64}, {10.0, 1.0, 0.1, 0.01}},
          {{256, 256, 1, 1.0, 1.0}, {4, 16}, {1.0, 0.1}}};
}

void run(const experiment::Options& o) {
  std::size_t searches = 0;
  for (const Plane& p : planes(o.quick)) searches += p.ranks.size() * p.snrs.size();
  tool::Progress progress(searches * contenders().size());
  std::vector<Map> maps;
  for (const Plane& plane : planes(o.quick)) {
    experiment::SearchOptions search = o.search;
    if (plane.form.rows > 64) search.tuning_seeds = std::min(search.tuning_seeds, 2);
    maps.push_back({plane, {}});
    for_each_place(plane, [&](const Regime& regime) {
      maps.back().places.push_back(compete(regime, contenders(), search, progress));
      io::write_text(o.output + "/family_map.csv", csv(maps));
      io::write_text(o.output + "/family_winners.svg", winners_svg(maps));
      io::write_text(o.output + "/family_ratios.svg", ratios_svg(maps.front()));
    });
  }
}

}  // namespace
}  // namespace pion::regime

int main(int argc, char** argv) {
  return pion::experiment::run_command(
      argc, argv, "family_map",
      "The regime map with NorMuon, AdaMuon, NAMO, Dion, SOAP, ROOT and Muon-MVR1.",
      pion::regime::run);
}
