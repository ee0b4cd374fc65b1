// SPDX-License-Identifier: Apache-2.0
// Covers its own header and design/bands.hpp, design/designed.hpp.
// Minimax steps between a stop band and a pass band, and the greedy chain of them.

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include <pion/design/two_band.hpp>
#include <pion/filter/chains.hpp>
#include <pion/filter/shape.hpp>

#include "support/catch.hpp"
#include "support/coefficients.hpp"

using namespace pion;

TEST_CASE("a two-band minimax quintic keeps its bounds, and no other quintic has smaller ones") {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (const double stop : {0.1, 0.3, 0.6}) {
    for (const double weight : {1.0, 6.0}) {
      const design::Band pass{stop + 0.15, 1.0};
      // The least e that p needs for its bounds.
      const auto needs = [&](const OddQuintic& p) {
        const Chain f{p};
        const Range low = range(f, 0, stop), all = range(f, 0, 1), high = range(f, pass.lo, 1);
        return std::max({low.hi / weight, -all.lo / weight, all.hi - 1, 1 - high.lo});
      };
      const design::TwoBandMinimax best = design::minimax_two_band(stop, pass, weight);
      CHECK(std::fabs(needs(best.p) - best.error) <= 1e-10);  // conditions hold to 1e-11
      for (int trial = 0; trial < 300; ++trial) {
        const double size = std::exp2(-20.0 * trial / 300);
        CHECK(needs({best.p.a + size * normal(random), best.p.b + size * normal(random),
                     best.p.c + size * normal(random)}) >= best.error - 1e-10);
      }
    }
  }
}

TEST_CASE("the least error of a pass band that is hardly one is not below 0") {
  for (const double stop : {.5, 1e-2, 1e-4, 1e-6}) {
    for (const double half : {0.0, 1e-15, 1e-12, 1e-10, 1e-8}) {
      for (const double weight : {1.0, 8.0, 100.0}) {
        const design::Band pass{1.0 - half, 1.0 + half};
        CHECK(design::minimax_two_band(stop, pass, weight).error >= 0.0);
      }
    }
  }
}

TEST_CASE("a greedy two-band chain parts as sharply as is known, and ends in suppression") {
  struct Row {
    double stop, pass;
    OddQuintic first;
  };
  const Row rows[4] = {{.05, .0631, {6.40602634, -16.99865288, 12.19270277}},
                       {.1, .1152, {5.33267171, -12.84018363, 8.91252789}},
                       {.2, .2172, {4.07761763, -8.10438697, 5.22151548}},
                       {.3, .3129, {3.33637285, -5.25202607, 2.90985556}}};
  for (const Row& row : rows) {
    const design::Designed f = design::two_band_high_pass({row.stop, row.pass}, 5, 8.0);
    REQUIRE(f.chain.size() == 5);
    CHECK(f.loss <= 0.0202);  // .02, and what the digits of `pass` leave open
    const Range low = range(f.chain, 0, row.stop), high = range(f.chain, row.pass, 1);
    const Range all = range(f.chain);
    CHECK(std::max(low.hi, -all.lo) <= f.loss + 1e-9);
    CHECK(std::max(1 - high.lo, all.hi - 1) <= f.loss + 1e-9);
    // The known chains were found on a grid, and for the pass band's end unrounded.
    CHECK(distance(Chain{f.chain.steps().front()}, Chain{row.first}) <= 3e-3);
  }
  const OddQuintic late = design::two_band_high_pass({0.3, 0.5}, 8, 1.0).chain.steps().back();
  CHECK(distance(Chain{late}, Chain{chains::suppression}) <= 1e-3);
  CHECK(design::two_band_high_pass({0.1, 0.1001}, 5).loss > 0.3);
  CHECK_THROWS_AS(design::two_band_high_pass({0.2, 0.1}), std::invalid_argument);
  CHECK_THROWS_AS(design::two_band_high_pass({0.1, 0.2}, 0), std::invalid_argument);
  CHECK_THROWS_AS(design::two_band_high_pass({0.1, 0.2}, 5, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(design::minimax_two_band(0.0, {0.5, 1.0}, 1.0), std::invalid_argument);
}
