// SPDX-License-Identifier: Apache-2.0
// Covers its own header and filter/polynomial.hpp.
// Quintics, chains and their shape: the facts that are known to so many digits, and the laws.

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <pion/filter/chains.hpp>
#include <pion/filter/filter.hpp>

#include "support/catch.hpp"

using namespace pion;

namespace {

/// |x - y| is at most half a unit of the last digit given.
void agrees(double x, double y, int digits) {
  INFO(x << " against " << y << " to " << digits << " digits");
  CHECK(std::fabs(x - y) <= 0.5 * std::pow(10.0, -digits) * (1 + 1e-9));
}

std::vector<OddQuintic> random_steps(std::mt19937_64& random, int count) {
  std::uniform_real_distribution<double> coefficient(-3.0, 3.0);
  std::vector<OddQuintic> steps;
  for (int i = 0; i < count; ++i) {
    const double a = coefficient(random), b = coefficient(random);
    steps.push_back({a, b, 1.0 - a - b});  // p(1) = 1 keeps compositions of moderate size
  }
  return steps;
}

}  // namespace

TEST_CASE("a quintic has its value, its slope and its oddness") {
  const OddQuintic p{1.0, -2.0, 0.5};
  CHECK(p(2.0) == 2.0 - 16.0 + 16.0);
  CHECK(p.derivative(2.0) == 1.0 - 24.0 + 40.0);
  CHECK(p(-0.7) == -p(0.7));
  CHECK(p(0.5F) == p(0.5));  // coefficients stay double
  static_assert(std::is_same_v<decltype(p(1.0F)), double>);
  static_assert(std::is_same_v<decltype(p(1.0L)), long double>);
}

TEST_CASE("the closed forms for critical and fixed points are roots, and all of them") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> coefficient(-4.0, 4.0);
  for (int trial = 0; trial < 500; ++trial) {
    const OddQuintic p{coefficient(random), coefficient(random), coefficient(random)};
    for (const double s : critical_points(p)) {
      const double size =
          std::fabs(p.a) + 3 * std::fabs(p.b) * s * s + 5 * std::fabs(p.c) * std::pow(s, 4);
      CHECK(std::fabs(p.derivative(s)) <= 32 * std::numeric_limits<double>::epsilon() * size);
    }
    for (const double s : fixed_points(p)) {
      const double size = (std::fabs(p.a) + 1) * s + std::fabs(p.b) * std::pow(s, 3) +
                          std::fabs(p.c) * std::pow(s, 5);
      CHECK(std::fabs(p(s) - s) <= 32 * std::numeric_limits<double>::epsilon() * size);
    }
    // A change of sign on a fine grid is a root that the closed form has.
    int crossings = 0;
    for (int i = 1; i <= 3000; ++i) {
      const double s = 1e-2 * i, t = 1e-2 * (i - 1) + 1e-9;
      if (p.derivative(s) * p.derivative(t) < 0) ++crossings;
    }
    CHECK(crossings <= critical_points(p).count);
  }
}

TEST_CASE("degenerate quintics have the roots they have") {
  CHECK(critical_points({0, 0, 0}).count == 0);
  CHECK(critical_points({1, 0, 0}).count == 0);
  CHECK(critical_points({1.5, -0.5, 0}).count == 1);
  CHECK(critical_points(chains::suppression).count == 1);  // and s = 0, which is not positive
  CHECK(*critical_points(chains::promotion).begin() == 1.0);
  CHECK(fixed_points({1, 0, 0}).count == 0);  // every s, so none is singled out
}

TEST_CASE("Muon's step: fixed points, extrema and ranges to the digits known") {
  const PositiveRoots fixed = fixed_points(chains::muon_step);
  REQUIRE(fixed.count == 2);
  agrees(fixed.value[0], 0.868025797656, 12);
  agrees(fixed.value[1], 1.263729067298, 12);
  const PositiveRoots turns = critical_points(chains::muon_step);
  REQUIRE(turns.count == 2);
  agrees(turns.value[0], 0.554529, 6);
  agrees(turns.value[1], 1.050136, 6);
  agrees(chains::muon_step(turns.value[0]), 1.202369, 6);
  agrees(chains::muon_step(turns.value[1]), 0.681831, 6);

  const auto spans = [](double from, double lo, double hi) {
    const Range r = range(chains::muon(), from, 1.0);
    agrees(r.lo, lo, 4);
    agrees(r.hi, hi, 4);
  };
  spans(0.01, 0.6818, 1.1344);
  spans(0.003, 0.6818, 1.2024);
  spans(0.001, 0.4705, 1.2024);
}

TEST_CASE("high-pass: cutoff, slope there and sigma at gain to the digits known") {
  struct Row {
    double cutoff, slope, at[8];
    int survivors[8];
  };
  const double gains[8] = {1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5, 0.9, 0.99};
  const Row rows[5] = {{.816497,
                        12.860,
                        {.6896, .7151, .7300, .7476, .7707, .7978, .8243, .8459},
                        {2, 1, 1, 1, 1, 1, 1, 1}},
                       {.523018,
                        7.635,
                        {.3372, .3704, .3909, .4157, .4498, .4922, .5363, .5745},
                        {8, 7, 6, 5, 4, 4, 3, 3}},
                       {.295733,
                        7.153,
                        {.1184, .1463, .1644, .1874, .2204, .2633, .3100, .3518},
                        {71, 46, 37, 28, 20, 14, 10, 8}},
                       {.160457,
                        7.638,
                        {.0220, .0373, .0492, .0660, .0927, .1305, .1739, .2138},
                        {2073, 718, 413, 229, 116, 58, 33, 21}},
                       {.086000,
                        8.466,
                        {.0006, .0028, .0060, .0130, .0294, .0595, .0982, .1347},
                        {-1, -1, -1, 5919, 1158, 282, 103, 55}}};
  for (int kp = 0; kp < 5; ++kp) {
    INFO("kp = " << kp);
    const Filter f{chains::high_pass(kp)};
    const Row& row = rows[kp];
    REQUIRE(cutoff(f).has_value());
    agrees(*cutoff(f), row.cutoff, 6);
    agrees(f.chain.derivative(*cutoff(f)), row.slope, 3);
    for (int i = 0; i < 8; ++i) {
      INFO("gain " << gains[i]);
      agrees(*sigma_at_gain(f.chain, gains[i]), row.at[i], 4);
      if (row.survivors[i] >= 0) CHECK(*max_survivors(f, gains[i]) == row.survivors[i]);
    }
    CHECK(monotone(f.chain));
    CHECK(range(f.chain).lo == 0.0);
    CHECK(range(f.chain).hi == 1.0);
  }
  CHECK(!cutoff(chains::high_pass(5)).has_value());  // all promotion: nothing is pushed to 0
  CHECK(!cutoff(chains::muon()).has_value());
  CHECK(!cutoff(Chain{}).has_value());
  // Fixed points .45, which draws, and .77, which repels; but 0 repels too, and nothing goes there.
  CHECK(!cutoff(Chain{{1.5, -0.8 * 0.5 / 0.12, 0.5 / 0.12}}).has_value());
  agrees(chains::high_pass(3)(0.05), .00115, 5);
  agrees(chains::high_pass(3)(0.1), .15431, 5);
  agrees(chains::high_pass(3)(0.2), .97600, 5);
}

TEST_CASE("promotion and suppression satisfy the constraints that define them") {
  const OddQuintic p = chains::promotion, s = chains::suppression;
  for (const OddQuintic& f : {p, s}) {
    CHECK(f(1.0) == 1.0);
    CHECK(f.derivative(1.0) == 0.0);
  }
  CHECK(s.derivative(0.0) == 0.0);
  for (double x = 0; x <= 1; x += 1.0 / 64) {  // exact in binary: the perfect square of eq. 7
    CHECK(std::fabs(p.derivative(x) - 1.875 * (1 - x * x) * (1 - x * x)) <= 1e-15);
    CHECK(std::fabs(s.derivative(x) - 7.5 * x * x * (1 - x * x)) <= 1e-14);
  }
  agrees(fixed_points(s).value[0], std::sqrt(2.0 / 3.0), 15);
  agrees(s.derivative(std::sqrt(2.0 / 3.0)), 5.0 / 3.0, 14);
}

TEST_CASE("repeated suppression keeps what enters between .8165 and 1.1397, and nothing above") {
  const Chain forever = repeat(chains::suppression, 200);
  CHECK(forever(0.8166) == 1.0);
  CHECK(forever(1.1397) == 1.0);
  CHECK(std::fabs(forever(0.8164)) < 1e-12);
  CHECK(std::fabs(forever(1.1398)) < 1e-12);
  CHECK(chains::suppression(1.2909) > 0);
  CHECK(chains::suppression(1.2911) < 0);
}

TEST_CASE("a composition is one function after the other") {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> unit(-1.0, 1.0);
  for (int trial = 0; trial < 50; ++trial) {
    const Chain f(random_steps(random, 2)), g(random_steps(random, 3));
    const double s = unit(random);
    CHECK(f.then(g)(s) == g(f(s)));
    CHECK(f.then(g)(-s) == -f.then(g)(s));
    const double slope = g.derivative(f(s)) * f.derivative(s);
    CHECK(std::fabs(f.then(g).derivative(s) - slope) <= 1e-12 * (1 + std::fabs(slope)));
    CHECK(f.then(Chain{}) == f);
    CHECK(Chain{}.then(f) == f);
  }
  CHECK(Chain{}(0.3) == 0.3);
  CHECK(Chain{}.derivative(0.3) == 1.0);
}

TEST_CASE("laps cover the interval, are monotone, and miss no turn that a fine grid sees") {
  std::mt19937_64 random(3);
  for (int trial = 0; trial < 60; ++trial) {
    const Chain f = trial == 0 ? chains::muon() : Chain(random_steps(random, 1 + trial % 4));
    const std::vector<Lap> all = laps(f, 0.0, 1.0);
    REQUIRE(!all.empty());
    CHECK(all.front().from == 0.0);
    CHECK(all.back().to == 1.0);
    double highest = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i > 0) {
        CHECK(all[i].from == all[i - 1].to);
        CHECK(all[i].rising() != all[i - 1].rising());
      }
      highest = std::max({highest, std::fabs(all[i].at_from), std::fabs(all[i].at_to)});
      double before = f(all[i].from);
      for (int k = 1; k <= 40; ++k) {
        const double s = all[i].from + (all[i].to - all[i].from) * k / 40;
        const double now = f(s);
        const double slack = 1e-10 * (1 + std::fabs(now));
        CHECK((all[i].rising() ? now >= before - slack : now <= before + slack));
        before = now;
      }
    }
    const Range r = range(f);
    for (int k = 0; k <= 4000; ++k) {
      const double y = f(k / 4000.0);
      CHECK(y <= r.hi + 1e-10 * (1 + highest));
      CHECK(y >= r.lo - 1e-10 * (1 + highest));
    }
  }
}

TEST_CASE("the size of a chain's coefficients hides no lap") {
  for (const double k : {1.0, 1e100, 1e154, 1e-160, 1e-200}) {
    const Chain f{{k, -3 * k, 1.2 * k}, {1 / k, 0, 0}};  // the same f for every k
    CHECK(laps(f).size() == 2);
    CHECK(std::fabs(range(f).lo + 0.8) <= 1e-14);
    CHECK(std::fabs(range(f).hi - range(Chain{{1, -3, 1.2}}).hi) <= 1e-14);
  }
}

TEST_CASE("sigma_at_gain is the first sigma that reaches the gain") {
  std::mt19937_64 random(4);
  for (int trial = 0; trial < 60; ++trial) {
    const Chain f(random_steps(random, 3));
    for (const double gain : {0.01, 0.3, 0.9}) {
      const std::optional<double> s = sigma_at_gain(f, gain);
      REQUIRE(s.has_value());  // f(1) = 1
      CHECK(std::fabs(std::fabs(f(*s)) - gain) <= 1e-9 * gain);
      for (int k = 0; k < 500; ++k) CHECK(std::fabs(f(*s * k / 500.0)) < gain * (1 + 1e-9));
    }
  }
  CHECK(!sigma_at_gain(chains::high_pass(2), 1.5).has_value());
  CHECK(max_survivors({chains::high_pass(2)}, 1.5) == 0.0);
}

TEST_CASE("the normaliser decides how many directions can survive") {
  const Chain c = chains::high_pass(2);
  CHECK(max_survivors({c, Normalizer::frobenius}) == 71.0);
  const double s = *sigma_at_gain(c, survivor_gain);
  CHECK(max_survivors({c, Normalizer::schatten4}) == std::floor(std::pow(s, -4.0)));
  CHECK(!max_survivors({c, Normalizer::spectral}).has_value());
  CHECK(!max_survivors({c, Normalizer::none}).has_value());
}

TEST_CASE("names of normalisers go both ways") {
  for (const Normalizer n : all_normalizers) CHECK(normalizer_named(name(n)) == n);
  CHECK(!normalizer_named("nuclear").has_value());
}

TEST_CASE("a chain refuses what is not a chain") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(Chain({{1, 0, 0}, {1, nan, 0}}),
                    "Chain: step 2 has a coefficient that is not finite");
  CHECK_THROWS_AS(chains::high_pass(6), std::invalid_argument);
  CHECK_THROWS_AS(chains::high_pass(-1), std::invalid_argument);
  CHECK_THROWS_AS(chains::muon(-1), std::invalid_argument);
  CHECK_THROWS_AS(sigma_at_gain(chains::muon(), 0.0), std::invalid_argument);
  CHECK_THROWS_AS(sigma_at_gain(chains::muon(), nan), std::invalid_argument);
  CHECK_THROWS_AS(laps(chains::muon(), 1.0, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(laps(chains::muon(), nan, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(laps(chains::muon(), -std::numeric_limits<double>::infinity(), 1.0),
                  std::invalid_argument);
  CHECK(laps(chains::muon(), 0.5, 0.5).size() == 1);
}
