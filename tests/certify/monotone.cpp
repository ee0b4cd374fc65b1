// SPDX-License-Identifier: Apache-2.0
// Covers its own header and certify/precise.hpp, certify/verdict.hpp.
// Whether a chain rises: chains that do or do not by a hair.

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <pion/certify/monotone.hpp>
#include <pion/certify/shape.hpp>
#include <pion/certify/steepness.hpp>

#include "support/certified.hpp"

using namespace pion;

TEST_CASE("monotone by a hair is proved, and by a hair not is never") {
  CHECK(certified::monotone(Chain{chains::promotion}).verdict == Verdict::proved);
  CHECK(certified::monotone(Chain{chains::suppression}).verdict == Verdict::proved);
  const auto turns = [](const Chain& f) {
    const certified::Monotone m = certified::monotone(f);
    CHECK(m.verdict == Verdict::disproved);
    REQUIRE(m.fall.has_value());
    const auto [x, y] = *m.fall;
    CHECK((0.0 <= x && x < y && y <= 1.0));
    CHECK(f.derivative(0.5L * x + 0.5L * y) < 0.0L);
  };
  for (const double moved : {1e-12, 1e-9, 1e-6}) {
    CAPTURE(moved);
    // p'(s) = 1.875 (1 - s^2)^2 + what is moved: its double root at 1 splits, or goes.
    turns(Chain{{1.875, -1.25 - moved, 0.375}});
    turns(Chain{{1.875 - moved, -1.25, 0.375}});
    turns(Chain{{1.875, -1.25 - moved, 0.375}, chains::suppression});
    turns(chains::high_pass(2).then({{0.0, 2.5, -1.5 - moved}}));
    CHECK(certified::monotone(Chain{{1.875 + moved, -1.25, 0.375}}).verdict == Verdict::proved);
    CHECK(certified::monotone(Chain{{1.875, -1.25 + moved, 0.375}}).verdict == Verdict::proved);
    CHECK(certified::monotone(Chain{{0.0, 2.5 + moved, -1.5}}).verdict == Verdict::proved);
  }
  // A step that lifts 1 above 1 turns the next one, which alone is monotone.
  // 0.1 + 0.1 + 0.8 is 1 and 5.6e-17 more, as doubles: not monotone, by less than rounding shows.
  CHECK(certified::monotone(Chain{{0.1, 0.1, 0.8}, chains::suppression}).verdict ==
        Verdict::undecided);
  const Chain over{{1.875, -1.25, 0.375 + 1e-12}, chains::suppression};
  CHECK(certified::monotone(over).verdict != Verdict::proved);
}

TEST_CASE("twice the digits: signs are right, exact results stay exact, and overflow is unknown") {
  using detail::Precise;
  std::mt19937_64 random(22);
  std::uniform_real_distribution<double> unit(-1.0, 1.0);
  for (int trial = 0; trial < 2000; ++trial) {
    // (x + y) (x - y) - x^2 + y^2 is 0, and what is added decides. Both cancel terms near 1.
    const double x = unit(random), y = unit(random);
    const Precise zero = (Precise(x) + y) * (Precise(x) - y) - Precise(x) * x + Precise(y) * y;
    CHECK(zero.enclosure().contains(0.0));
    CHECK(zero.enclosure().magnitude() <= 0x1p-98);  // some 20 roundings of 2^-104 each
    for (const double added : {0x1p-90, -0x1p-90}) {
      CHECK((zero + added).sign() == (added > 0.0 ? 1 : -1));
    }
  }
  CHECK((Precise(1.875) - 1.25 - 0.625).sign() == 0);
  CHECK((Precise(0.1) + 0.1 + 0.8 - 1.0).sign() == 1);  // by 2^-54
  CHECK((Precise(0x1p-600) * 0x1p-600).sign() != -1);
  CHECK(!(Precise(0x1p1000) * 0x1p1000 * 0x1p-1000).sign());
  CHECK(!(Precise(0x1p1023) + 0x1p1023).sign());
}

TEST_CASE("steps that are level at 1, one after the other, are proved to rise") {
  // p'(s) = (1 - s^2) (a - 5 c s^2) is not negative on [0, 1], and p(1) = 1: all coefficients are
  // multiples of 2^-40, so that both hold without rounding.
  std::mt19937_64 random(21);
  std::uniform_real_distribution<double> any(-1.5, 0.375), flat(0.37, 0.375);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<OddQuintic> steps;
    for (int k = 0; k < 5; ++k) {
      const double drawn = trial % 2 == 0 ? any(random) : flat(random);
      const double c = std::floor(drawn * 0x1p40) * 0x1p-40;
      steps.push_back({c + 1.5, -0.5 - 2.0 * c, c});
    }
    CHECK(certified::monotone(Chain(steps)).verdict == Verdict::proved);
    CHECK(certified::monotone(Chain(steps), -1.0, 1.0).verdict == Verdict::proved);
  }
}

TEST_CASE("a turn and the end of the interval are told apart at 2^-50") {
  // The first step takes 1 to 1 + k u; the slope of the second there is (j + 2 k (4 c - 1.5)) u and
  // less than 1000 u^2 more, with u = 2^-50. j and k are whole, and 8 c is.
  const double u = 0x1p-50;
  for (int eighths = -12; eighths <= 3; ++eighths) {
    const double c = eighths / 8.0;
    for (int k = 0; k <= 3; ++k) {
      for (int j = -20; j <= 40; ++j) {
        CAPTURE(c, k, j);
        const Chain f{{1.5 + k * u, -0.5, 0.0}, {c + 1.5 + j * u, -0.5 - 2.0 * c, c}};
        const double slope = j + 2 * k * (4.0 * c - 1.5);
        if (c == -1.5 && j < 0) continue;  // falls at 0
        const Verdict rises = certified::monotone(f).verdict;
        if (slope > 0.0) CHECK(rises == Verdict::proved);
        if (slope < 0.0) CHECK(rises != Verdict::proved);
      }
    }
  }
}

TEST_CASE("a verdict on monotonicity agrees with the samples") {
  for (const Chain& f : many_chains()) {
    const certified::Monotone m = certified::monotone(f);
    REQUIRE(m.verdict != Verdict::undecided);
    const long double off = slack(certified::lipschitz(f), certified::range(f).outer());
    long double drop = 0;
    for (int k = 0; k < 5000; ++k) {
      drop = std::max(drop, value(f, k / 5000.0L) - value(f, (k + 1) / 5000.0L));
    }
    if (m.verdict == Verdict::proved) CHECK(drop <= off);
    if (m.verdict == Verdict::disproved) CHECK(value(f, m.fall->x) > value(f, m.fall->y) - off);
  }
  const Chain falling{{-1, 0, 0}};
  CHECK(certified::monotone(falling).verdict == Verdict::disproved);
  CHECK(certified::monotone(falling.then(falling)).verdict == Verdict::proved);
  const Chain barely{{-1e-300, 0, 0}};
  CHECK(certified::monotone(barely).verdict == Verdict::disproved);
  CHECK(certified::monotone(chains::muon(1), 0.0, 0.55).verdict == Verdict::proved);
  CHECK(certified::monotone(chains::muon(1), 0.0, 0.56).verdict == Verdict::disproved);
  CHECK(certified::monotone(chains::muon(1), -0.55, 0.55).verdict == Verdict::proved);
  CHECK(certified::monotone(chains::muon(1), -0.56, 0.5).verdict == Verdict::disproved);
}
