// SPDX-License-Identifier: Apache-2.0
// Covers its own header and design/minimax.hpp.
// Chains that orthogonalise: equioscillation, the greedy recursion, and the digits published.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include <pion/design/polar_express.hpp>
#include <pion/filter/chains.hpp>
#include <pion/filter/published_chains.hpp>
#include <pion/filter/shape.hpp>

#include "support/catch.hpp"
#include "support/coefficients.hpp"

using namespace pion;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// The largest |f(s) - 1| on [lo, hi].
double error(const Chain& f, double lo, double hi) {
  const Range r = range(f, lo, hi);
  return std::max(1.0 - r.lo, r.hi - 1.0);
}

/// What rounding can do to the upper end of the range of a greedy chain: each step errs by a few
/// units of its terms, which are up to 26 there, and multiplies what it gets by a slope up to 26.
double rounding(int steps) { return 4 * epsilon * std::pow(26.0, steps); }

}  // namespace

TEST_CASE("a minimax polynomial equioscillates on its interval and nowhere exceeds its error") {
  for (const double ratio : {1e-8, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    for (const double hi : {1.0, 0.3, 1.7}) {
      const double lo = ratio * hi;
      INFO("[" << lo << ", " << hi << "]");
      // Values are of size 1 to 2, from terms a hundred times larger at the smallest ratio.
      const design::Minimax cubic = design::minimax_cubic(lo, hi);
      REQUIRE(critical_points(cubic.p).count == 1);
      const double turn = *critical_points(cubic.p).begin();
      CHECK(std::fabs(cubic.p(lo) - (1 - cubic.error)) <= 1e-14);
      CHECK(std::fabs(cubic.p(turn) - (1 + cubic.error)) <= 1e-14);
      CHECK(std::fabs(cubic.p(hi) - (1 - cubic.error)) <= 1e-14);
      CHECK(error(Chain{cubic.p}, lo, hi) <= cubic.error + 1e-14);

      const design::Minimax quintic = design::minimax_quintic(lo, hi);
      const PositiveRoots turns = critical_points(quintic.p);
      REQUIRE(turns.count == 2);
      CHECK((lo < turns.value[0] && turns.value[1] < hi));
      CHECK(std::fabs(quintic.p(lo) - (1 - quintic.error)) <= 1e-13);
      CHECK(std::fabs(quintic.p(turns.value[0]) - (1 + quintic.error)) <= 1e-13);
      CHECK(std::fabs(quintic.p(turns.value[1]) - (1 - quintic.error)) <= 1e-13);
      CHECK(std::fabs(quintic.p(hi) - (1 + quintic.error)) <= 1e-13);
      CHECK(error(Chain{quintic.p}, lo, hi) <= quintic.error + 1e-13);
      CHECK(quintic.error <= cubic.error + 1e-14);
    }
  }
}

TEST_CASE("no other quintic does better than the minimax one") {
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal;
  for (const double lo : {0.01, 0.1, 0.5}) {
    const design::Minimax best = design::minimax_quintic(lo, 1.0);
    for (int trial = 0; trial < 500; ++trial) {
      const double size = std::exp2(-20.0 * trial / 500);
      const OddQuintic other{best.p.a + size * normal(random), best.p.b + size * normal(random),
                             best.p.c + size * normal(random)};
      CHECK(error(Chain{other}, lo, 1.0) >= best.error);
    }
  }
}

TEST_CASE("on a point the minimax polynomials are Newton and Schulz'") {
  CHECK(design::minimax_cubic(1, 1).p == OddQuintic{1.5, -0.5, 0.0});
  CHECK(design::minimax_quintic(1, 1).p == chains::promotion);
  CHECK(error(Chain{design::minimax_quintic(1 - 4e-6, 1).p}, 1 - 4e-6, 1) <= 4 * epsilon);
  for (const auto& [lo, hi] : {std::pair{0.0, 1.0}, {-0.1, 1.0}, {1.0, 0.5}, {0.1, HUGE_VAL}}) {
    CHECK_THROWS_AS(design::minimax_cubic(lo, hi), std::invalid_argument);
    CHECK_THROWS_AS(design::minimax_quintic(lo, hi), std::invalid_argument);
  }
}

TEST_CASE("each step of Polar Express is the minimax one where the steps before it lead") {
  for (const design::Degree degree : {design::Degree::cubic, design::Degree::quintic}) {
    for (const double from : {1e-4, 1e-3, 0.1}) {
      const Chain f = design::polar_express(from, 4, {degree, 0.0, 1.0});
      double lo = from, hi = 1.0;
      for (const OddQuintic& p : f.steps()) {
        const Range image = range(Chain{p}, lo, hi);
        CHECK(std::fabs(image.lo + image.hi - 2.0) <= 1e-13);
        CHECK(std::fabs(p(lo) - image.lo) <= 1e-13);
        lo = p(lo);
        hi = 2.0 - lo;
      }
      CHECK(std::fabs(error(f, from, 1.0) - (1.0 - f(from))) <= rounding(4));
    }
  }
}

TEST_CASE("Polar Express has the errors known") {
  const auto errors = [](double from, design::Degree degree, std::vector<double> expected) {
    for (std::size_t t = 1; t <= expected.size(); ++t) {
      const Chain f = design::polar_express(from, static_cast<int>(t), {degree, 0.0, 1.0});
      const double last_digit = std::pow(10.0, std::floor(std::log10(expected[t - 1])) - 3);
      CHECK(std::fabs(error(f, from, 1.0) - expected[t - 1]) <= 0.5 * last_digit + 1e-14);
    }
  };
  using design::Degree;
  errors(1e-1, Degree::quintic, {.4534, .06268, 1.541e-4});
  errors(1e-2, Degree::quintic, {.9191, .7072, .2694, .01253, 1.229e-6});
  errors(1e-3, Degree::quintic, {.9915, .9646, .8598, .5459, .1134, 9.165e-4});
  errors(1e-1, Degree::cubic, {.6072, .3067, .07245, 3.942e-3, 1.165e-5});
  errors(1e-3, Degree::cubic, {.9948, .9866, .9657, .9140, .7956, .5681, .2651, .05373});
}

TEST_CASE("the recipes give the tables that are published, to their last digits") {
  using design::Degree;
  CHECK(distance(design::polar_express(1e-3, 8, {Degree::quintic, .02407327424182761, 1.0}),
                 chains::polar_express(8, 1.0)) <= 1e-10);
  CHECK(distance(design::polar_express(1e-3, 7), {{8.4703288038, -25.1080747067, 18.6292755991},
                                                  {4.1828341833, -3.1087011099, .5806066814},
                                                  {3.961857279, -2.9540637464, .562976118},
                                                  {3.286586217, -2.4647201345, .5073576939},
                                                  {2.2737499944, -1.6446603679, .4161909275},
                                                  {1.8887161974, -1.2651572253, .3765189256},
                                                  {1.8750008858, -1.2500009842, .3750000984}}) <=
        1e-10);
  // With safety the first eight steps of the table of the authors' code.
  const std::vector<OddQuintic> safe =
      design::polar_express(1e-3, 9, {Degree::quintic, .02, 1.01}).steps();
  CHECK(distance(Chain(std::vector<OddQuintic>(safe.begin(), safe.begin() + 8)),
                 {{8.2373124905, -23.1577474146, 16.6805684114},
                  {4.0824419991, -2.8930477353, .5252849257},
                  {3.9263479923, -2.8547468035, .5318022423},
                  {3.2982187133, -2.424541981, .4863200836},
                  {2.2970369435, -1.6366255813, .4002628456},
                  {1.8763805351, -1.2347896578, .358918875},
                  {1.8564423486, -1.2132449881, .3568003488},
                  {1.8564356436, -1.2132376849, .3567996329}}) <= 1e-10);
  // The cubic chain of the closed form.
  CHECK(distance(design::polar_express(1e-3, 3, {Degree::cubic, 0.0, 1.0}),
                 {{5.1801021434, -5.1749220464, 0},
                  {2.584027904, -.6476801541, 0},
                  {2.562059066, -.6448013544, 0}}) <= 1e-10);
  // CANS' four decimals are the minimax chain's.
  CHECK(distance(design::polar_express(1e-3, 5), chains::cans()) <= 0.5e-4);
}

TEST_CASE("CANS reaches the delta asked for, from as far down as is known") {
  using design::Degree;
  const auto checks = [](int steps, double delta, Degree degree, double from, const Chain& chain) {
    const design::CansChain found = design::cans(delta, steps, degree);
    CHECK(std::fabs(found.from - from) <= 5e-6 * from);
    CHECK(distance(found.chain, chain) <= 1e-8);
    CHECK(std::fabs(error(found.chain, found.from, 1.0) - delta) <= rounding(steps));
  };
  const OddQuintic last{2.73295457, -2.03548307, .45910244};
  const OddQuintic third{3.68409175, -2.75620473, .54044507};
  const OddQuintic second{4.10220156, -3.052535, .57420158};
  checks(3, .3, Degree::quintic, .00907481, {{8.13061926, -23.76733792, 17.56295257}, third, last});
  checks(4, .3, Degree::quintic, .00213595,
         {{8.42090137, -24.91289099, 18.47400321}, second, third, last});
  checks(5, .3, Degree::quintic, 5.01968e-4,
         {{8.49217457, -25.19435242, 18.69791506},
          {4.21944401, -3.13410881, .58350456},
          second,
          third,
          last});
  checks(5, .3, Degree::cubic, .00601758,
         {{5.10098889, -5.07029438, 0},
          {2.51683485, -.63886303, 0},
          {2.40243032, -.62376548, 0},
          {2.17328274, -.59317787, 0},
          {1.84220064, -.54805016, 0}});
  checks(1, .99, Degree::quintic, .0011817, {{8.46238521, -25.07670393, 18.60431872}});
  checks(1, .99, Degree::cubic, .00193605, {{5.16516439, -5.15516439, 0}});
  CHECK_THROWS_AS(design::cans(.3, 0), std::invalid_argument);
  CHECK_THROWS_AS(design::cans(1.0, 3), std::invalid_argument);
}

TEST_CASE("published chains have the ranges stated beside them") {
  const auto spans = [](const Chain& f, double from, double lo, double hi, double slack = 5e-5) {
    const Range r = range(f, from, 1.0);
    CHECK(std::fabs(r.lo - lo) <= slack);
    CHECK(std::fabs(r.hi - hi) <= slack);
  };
  spans(chains::polar_express(5, 1.0), 1e-3, .8764, 1.1236);
  spans(chains::polar_express(5), 1e-3, .8462, 1.1236);
  spans(chains::polar_express(5, 1.05), 1e-3, .7290, 1.1236);
  spans(chains::polar_express(8, 1.0), 1e-3, 1, 1, 2e-15);
  spans(chains::polar_express(), 1e-3, 1, 1, 2e-15);
  spans(chains::you_jiacheng(), 3e-3, .9778, 1.1450);
  spans(chains::you_jiacheng(), 1e-3, .4750, 1.1450);
  spans(chains::cans(), 1e-3, .8844, 1.1198);
  spans(chains::deepseek_v4(), 1e-3, 1, 1.0005, 1e-4);
  spans(chains::cubic5(), 1e-2, .7741, 1.3);
  spans(chains::cubic5(), 1e-3, .1191, 1.3);
  spans(chains::aol(), 1e-2, -1.0844, 1.0844);
  CHECK(range(chains::aol(), .01, .88).lo > .4617);
  CHECK(range(chains::aol(), .9, 1.0).hi < -.9873);
  CHECK(chains::root(2048, 8192).steps()[4] == OddQuintic{2.9794, -3.6674, 1.6207});
  CHECK(chains::root(3072, 2048).steps()[0] == OddQuintic{3.4509, -4.5790, 1.9325});
  CHECK(chains::root(4, 3) == chains::muon());
  CHECK(chains::polar_express(10).steps()[9] == chains::promotion);
  CHECK(chains::polar_express(0).empty());
  CHECK_THROWS_AS(chains::polar_express(-1), std::invalid_argument);
  CHECK_THROWS_AS(chains::polar_express(8, 0.99), std::invalid_argument);
}

TEST_CASE("Polar Express refuses what it cannot design") {
  using design::Degree;
  CHECK_THROWS_AS(design::polar_express(0.0, 5), std::invalid_argument);
  CHECK_THROWS_AS(design::polar_express(1.1, 5), std::invalid_argument);
  CHECK_THROWS_AS(design::polar_express(0.1, -1), std::invalid_argument);
  CHECK_THROWS_AS(design::polar_express(0.1, 5, {Degree::quintic, 1.0, 1.0}),
                  std::invalid_argument);
  CHECK_THROWS_AS(design::polar_express(0.1, 5, {Degree::quintic, 0.0, 0.9}),
                  std::invalid_argument);
  CHECK(design::polar_express(0.1, 0).empty());
  // Safety is for what a step gets, and the last step's result is not scaled.
  CHECK(design::polar_express(0.1, 1, {Degree::quintic, 0.0, 1.01}) ==
        design::polar_express(0.1, 1));
}
