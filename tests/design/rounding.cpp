// SPDX-License-Identifier: Apache-2.0
// What rounding does to a chain, and chains that bear it.

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include <pion/design/low_pass.hpp>
#include <pion/design/rounding.hpp>
#include <pion/filter/chains.hpp>
#include <pion/filter/published_chains.hpp>

#include "support/catch.hpp"

using namespace pion;
using design::Rounding;

TEST_CASE("rounding is to the nearest, halves to even") {
  CHECK(design::rounded(1.0 + 1.0 / 256, Rounding::bfloat16) == 1.0);
  CHECK(design::rounded(1.0 + 3.0 / 256, Rounding::bfloat16) == 1.0 + 4.0 / 256);
  CHECK(design::rounded(-3.4445, Rounding::bfloat16) == -3.4375);
  CHECK(design::rounded(0.0, Rounding::bfloat16) == 0.0);
  CHECK(design::rounded(2.0317, Rounding::decimals3) == 2.032);
  CHECK(design::rounded(-1.25, Rounding::decimals3) == -1.25);
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal(0.0, 10.0);
  for (int trial = 0; trial < 1000; ++trial) {
    const double x = normal(random);
    CHECK(design::rounded(x, Rounding::float32) == static_cast<double>(static_cast<float>(x)));
    for (const Rounding to : {Rounding::float32, Rounding::bfloat16, Rounding::decimals3}) {
      CHECK(design::rounded(design::rounded(x, to), to) == design::rounded(x, to));
      CHECK(design::rounded(-x, to) == -design::rounded(x, to));
    }
    CHECK(std::fabs(design::rounded(x, Rounding::bfloat16) - x) <= std::fabs(x) / 256);
  }
}

TEST_CASE("scaling between steps changes the coefficients and not the filter") {
  const Chain f = chains::low_pass(0.5);
  const Chain g = design::rescaled(f, {0.5, 2.0, 4.0, 0.25});  // powers of two: exactly the same
  CHECK(g != f);
  for (double s = 0; s <= 1; s += 1.0 / 128) CHECK(g(s) == f(s));
  CHECK(design::rescaled(g, {2.0, 0.5, 0.25, 4.0}) == f);
  const std::vector<double> before = design::largest_iterates(f),
                            after = design::largest_iterates(g);
  CHECK(std::fabs(after[1] - 2 * before[1]) <= 1e-12);
  CHECK(after[4] == before[4]);
  CHECK_THROWS_AS(design::rescaled(f, {1.0}), std::invalid_argument);
  CHECK_THROWS_AS(design::rescaled(f, {1.0, 1.0, 0.0, 1.0}), std::invalid_argument);
}

TEST_CASE("a robust fit is the best of the tries at bearing rounding, and the same filter") {
  const design::BandLoss loss = design::low_pass_loss(0.5);
  const Chain f = design::rescaled(chains::low_pass(0.5), {0.37, 1.9, 3.1, 0.6});
  const std::vector<design::Designed> fits = {{f, loss(f)}};
  for (const bool arithmetic : {false, true}) {
    const auto cost = [&](const Chain& c, Rounding to) {
      return arithmetic ? loss.of(design::RoundedFilter(c, to)) : loss(design::rounded(c, to));
    };
    for (const Rounding to : design::all_roundings) {
      const Chain few = design::robust(loss, fits, {{to}, arithmetic, 10}).chain;
      const Chain more = design::robust(loss, fits, {{to}, arithmetic, 100}).chain;
      CHECK(cost(more, to) <= cost(few, to));
      CHECK(std::fabs(loss(more) - loss(f)) <= 1e-12);
    }
  }
  CHECK_THROWS_AS(design::robust(loss, fits, {{}, false, 0}), std::invalid_argument);
  CHECK_THROWS_AS(design::robust(loss, {}), std::invalid_argument);
}

TEST_CASE("sensitivity is what small errors of the coefficients do at worst") {
  std::mt19937_64 random(5);
  std::uniform_int_distribution<int> coin(0, 1);
  for (const Chain& f : {chains::muon(), chains::high_pass(2), chains::low_pass(0.3)}) {
    const double worst = design::sensitivity(f), u = 1e-9;
    double seen = 0.0;
    for (int trial = 0; trial < 400; ++trial) {
      std::vector<OddQuintic> steps = f.steps();
      for (OddQuintic& p : steps) {
        for (double* c : {&p.a, &p.b, &p.c}) *c *= coin(random) == 1 ? 1 + u : 1 - u;
      }
      seen = std::max(seen, design::change(f, Chain(steps)));
    }
    CHECK(seen <= 1.0001 * u * worst);  // to first order
    CHECK(seen >= 0.3 * u * worst);     // some choice of signs comes near it
  }
  CHECK(std::fabs(design::sensitivity(Chain{{2, 0, 0}}) - 2) < 1e-15);
  // Rounding moves the gain by no more than the unit roundoff has it.
  for (int kp = 0; kp <= 5; ++kp) {
    const Chain f = chains::high_pass(kp);
    CHECK(design::change(f, design::rounded(f, Rounding::bfloat16)) == 0.0);  // they are exact
    CHECK(design::change(f, design::RoundedFilter(f, Rounding::bfloat16)) <= 0.08);
    CHECK(design::change(f, design::RoundedFilter(f, Rounding::float32)) <= 1e-6);
  }
  // What happens below a thousandth is seen too.
  const Chain steep = chains::polar_express();
  CHECK(design::change(steep, design::rounded(steep, Rounding::decimals3)) > 1e-5);
  const Chain muon = chains::muon();
  CHECK(design::change(muon, design::rounded(muon, Rounding::float32)) <=
        0x1p-24 * design::sensitivity(muon));
}
