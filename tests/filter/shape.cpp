// SPDX-License-Identifier: Apache-2.0
// Covers its own header and detail/bisect.hpp.
// Whether a chain rises as far as doubles can tell, and bisection.

#include <cmath>
#include <random>
#include <vector>

#include <pion/detail/bisect.hpp>
#include <pion/filter/chains.hpp>
#include <pion/filter/shape.hpp>

#include "support/catch.hpp"

using namespace pion;

TEST_CASE("steps that are level at 1 rise, whatever rounding makes of their coefficients") {
  std::mt19937_64 random(6);
  std::uniform_real_distribution<double> any(0.0, 1.875), flat(1.87, 1.875);
  for (int trial = 0; trial < 400; ++trial) {
    std::vector<OddQuintic> steps;
    for (int k = 0; k < 5; ++k) {
      const double a = trial % 2 == 0 ? any(random) : flat(random);
      steps.push_back({a, 2.5 - 2.0 * a, a - 1.5});
    }
    CHECK(monotone(Chain(steps)));
  }
}

TEST_CASE("a fall that is deeper than rounding is one") {
  CHECK(!monotone(chains::muon()));
  CHECK(!monotone(Chain{{-1e-300, 0, 0}}));
  CHECK(!monotone(chains::high_pass(2).then(Chain{{1.0, 0.0, -0.2 - 1e-6}})));  // turns before 1
  CHECK(monotone(chains::high_pass(2).then(Chain{{1.0, 0.0, -0.2}})));          // and at 1
  CHECK(monotone(Chain{{0, 0, 0}}));
  CHECK(monotone(Chain{{1.5, -0.5, 0.0}}, -1.0, 1.0));
  CHECK(!monotone(Chain{{1.5, -0.5, 0.0}}, -1.0, 1.0 + 1e-6));
}

TEST_CASE("coefficients at the end of the range turn where smaller ones do") {
  for (const double size : {1.0, 8e307, 1e-300}) {
    const PositiveRoots roots = critical_points({size, -size, 0.0});
    REQUIRE(roots.count == 1);
    CHECK(roots.value[0] == Approx(std::sqrt(1.0 / 3.0)).epsilon(1e-15));
    CHECK(range(Chain{{size, -size, 0.0}}).hi ==
          Approx(size * 2.0 / (3.0 * std::sqrt(3.0))).epsilon(1e-14));
  }
  CHECK(critical_points({8e307, 0.0, -8e307}).count == 1);
  CHECK(!monotone(Chain{{1e150, -1e150, 1e150}, {1e150, 1e150, -1e150}}));
}

TEST_CASE("bisection ends at neighbouring doubles, whichever way it goes") {
  for (const double edge : {1.0, 0.3, 1e-200, 0x1p-1074, -7.25, 0.0}) {
    const auto up = detail::bisect([&](double s) { return s <= edge; }, -8.0, 8.0);
    CHECK(up.inside == edge);
    CHECK(up.outside == std::nextafter(edge, 9.0));
    const auto down = detail::bisect([&](double s) { return s >= edge; }, 8.0, -8.0);
    CHECK(down.inside == edge);
    CHECK(down.outside == std::nextafter(edge, -9.0));
  }
  const auto coarse = detail::bisect([](double s) { return s < 0.3; }, 0.0, 1.0, 0x1p-10);
  CHECK((coarse.inside < 0.3 && 0.3 <= coarse.outside));
  CHECK(coarse.outside - coarse.inside == 0x1p-10);
  CHECK(detail::bisect([](double) { return true; }, 0.0, 1.0).outside == 1.0);
  CHECK(detail::bisect([](double) { return false; }, 1.0, 1.0).inside == 1.0);
  CHECK(detail::zero_between([](double s) { return s - 0.3; }, 0.0, 1.0) ==
        std::nextafter(0.3, 1.0));
  CHECK(detail::zero_between([](double s) { return 0.25 - s; }, 0.0, 1.0) == 0.25);
}
