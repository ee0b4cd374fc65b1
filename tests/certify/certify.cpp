// SPDX-License-Identifier: Apache-2.0
// Covers its own header and certify/basin.hpp, certify/steepness.hpp.
// Slopes, multipliers, basins, and the certificate that gathers all answers.

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <pion/certify.hpp>

#include "support/certified.hpp"

using namespace pion;
using certified::FixedPoint;
using certified::SearchBudget;

TEST_CASE("Lipschitz constants and multipliers that are known in closed form") {
  CHECK(certified::lipschitz(Chain{chains::promotion}).contains(1.875));
  CHECK(certified::lipschitz(Chain{chains::suppression}).contains(1.875));  // at sqrt(1/2)
  encloses(certified::lipschitz(chains::muon()), std::pow(3.4445, 5), 9, 1e-9);
  encloses(certified::largest_multiplier(Chain{chains::suppression}), 25.0 / 24.0, 12, 2e-9);
  encloses(certified::largest_multiplier(Chain{chains::suppression}, 0.5), 2.5 / 4 - 1.5 / 16, 12);
  CHECK(certified::largest_multiplier(chains::muon(1), 0.0) == Interval(3.4445));
  CHECK(certified::lipschitz(Chain{}) == Interval(1.0));
  CHECK(certified::largest_multiplier(Chain{}) == Interval(1.0));
  CHECK(certified::lipschitz(Chain{{0, 0, 0}}) == Interval(0.0));
  for (const double s : {0.0, 0.3, 1.0}) {
    encloses(certified::lipschitz(chains::muon(), s, s), std::fabs(chains::muon().derivative(s)),
             9);
  }
}

TEST_CASE("little effort makes an answer wide, not wrong") {
  for (const Chain& f : many_chains()) {
    const Interval best = certified::lipschitz(f), gain = certified::largest_multiplier(f);
    for (const int pieces : {0, 2, 16}) {
      const SearchBudget effort{pieces, 1e-9};
      const Interval quick = certified::lipschitz(f, 0.0, 1.0, effort);
      CHECK(quick.hi() >= best.lo());
      CHECK(quick.lo() <= best.hi());
      CHECK(certified::largest_multiplier(f, 1.0, effort).hi() >= gain.lo());
      const std::vector<FixedPoint> rough = certified::fixed_points(f, 0.0, 1.0, effort);
      for (const FixedPoint& p : certified::fixed_points(f)) {
        const auto meets = [&](const FixedPoint& q) { return q.at.overlaps(p.at); };
        if (p.verdict == Verdict::proved) CHECK(std::any_of(rough.begin(), rough.end(), meets));
      }
    }
  }
}

TEST_CASE("what comes back to 1 when a chain is repeated") {
  const certified::Basin b = certified::basin_of_one(Chain{chains::suppression});
  CHECK(b.verdict == Verdict::proved);
  CHECK(b.attractor.contains(1.0));
  encloses(b.from, 0.816497, 6, 1e-14);
  encloses(b.to, 1.139740, 6, 1e-14);
  const Chain forever = repeat(chains::suppression, 400);
  CHECK(std::fabs(forever(b.from.hi()) - 1.0) < 1e-9);
  CHECK(std::fabs(forever(b.to.lo()) - 1.0) < 1e-9);
  CHECK(std::fabs(forever(b.from.lo())) < 1e-9);
  CHECK(std::fabs(forever(b.to.hi())) < 1e-9);
  CHECK(certified::basin_of_one(chains::muon()).verdict == Verdict::undecided);
  CHECK(certified::basin_of_one(Chain{}).verdict == Verdict::undecided);
  CHECK(certified::basin_of_one(Chain{{0, 0, 0}}).verdict == Verdict::undecided);
  const certified::Basin p = certified::basin_of_one(Chain{chains::promotion});
  CHECK(p.verdict == Verdict::proved);
  CHECK(p.from.lo() == 0.0);  // all of (0, 1], as far as repetition was tried
  CHECK(p.from.hi() < 1e-12);
  CHECK(p.to.lo() > 1.5);
  // With little effort less is claimed.
  const certified::Basin short_of = certified::basin_of_one(Chain{chains::suppression}, 1.1, 4);
  CHECK(short_of.from.lo() <= b.from.hi());
  CHECK(short_of.from.hi() >= b.from.lo());
  CHECK(short_of.to.hi() >= b.to.lo());
  CHECK(short_of.to.lo() <= 1.1);
}

TEST_CASE("chains that are hardly chains") {
  const Certificate id = certify(Chain{});
  CHECK(id.range.lo == Interval(0.0));
  CHECK(id.range.hi == Interval(1.0));
  CHECK(id.monotone.verdict == Verdict::proved);
  REQUIRE(id.fixed_points.size() == 1);  // every s is one, none is isolated
  CHECK(id.fixed_points[0].at == Interval(0.0, 1.0));
  CHECK(id.fixed_points[0].verdict == Verdict::undecided);
  CHECK(!id.complete());

  const Certificate zero = certify(Chain{{0, 0, 0}});
  CHECK(zero.range.outer() == Interval(0.0));
  CHECK(zero.monotone.verdict == Verdict::proved);
  REQUIRE(zero.fixed_points.size() == 1);
  CHECK(zero.fixed_points[0].at == Interval(0.0));
  for (const certified::Crossing& c : zero.sigma_at_gain) CHECK(c.verdict == Verdict::disproved);
  CHECK(zero.complete());

  const Certificate point = certify(chains::muon(), {0.5, 0.5, {}});
  CHECK(point.monotone.verdict == Verdict::proved);
  CHECK(point.range.outer().contains(chains::muon()(0.5)));
  CHECK(point.range.outer().width() < 1e-13);

  // Overflow on the way: bounds are infinite, and still bounds.
  const Chain huge = repeat({1e200, -3e200, 1e200}, 4);
  const Certificate h = certify(huge, {0.0, 1.0, {64, 1e-9}});
  CHECK(h.range.lo.lo() == -inf);
  CHECK(h.range.hi.hi() == inf);
  CHECK(h.lipschitz.hi() == inf);
  CHECK(h.monotone.verdict != Verdict::proved);
  const Certificate small = certify(repeat({1e-200, -3e-200, 1e-200}, 4));
  CHECK(small.range.outer().contains(0.0));
  CHECK(small.range.outer().magnitude() < 1e-300);
}

TEST_CASE("a certificate gathers the answers, for a chain or a filter") {
  const Certificate c = certify(Filter{chains::high_pass(2)});
  CHECK(c.complete());
  CHECK(c.range.outer() == Interval(0.0, 1.0));
  CHECK(c.fixed_points.size() == 3);
  encloses(c.sigma_at_gain[0].sigma, .1874, 4);
  encloses(c.sigma_at_gain[4].sigma, .3518, 4);
  CHECK(c.lipschitz.contains(certify(chains::high_pass(2)).lipschitz));
  const Certificate m = certify(chains::muon());
  CHECK(m.complete());
  CHECK(m.monotone.verdict == Verdict::disproved);
  encloses(m.lipschitz, 484.876287100183, 9, 1e-6);
}

TEST_CASE("what is no question is refused") {
  const Chain f = chains::muon();
  for (const auto& [lo, hi] : std::vector<std::pair<double, double>>{
           {1.0, 0.0}, {no_number, 1.0}, {0.0, no_number}, {0.0, inf}, {-inf, 0.0}}) {
    CHECK_THROWS_AS(certified::range(f, lo, hi), std::invalid_argument);
    CHECK_THROWS_AS(certified::monotone(f, lo, hi), std::invalid_argument);
    CHECK_THROWS_AS(certified::fixed_points(f, lo, hi), std::invalid_argument);
    CHECK_THROWS_AS(certified::sigma_at_gain(f, 0.5, lo, hi), std::invalid_argument);
    CHECK_THROWS_AS(certified::lipschitz(f, lo, hi), std::invalid_argument);
    CHECK_THROWS_AS(certified::pass_ripple(f, lo, hi), std::invalid_argument);
    CHECK_THROWS_AS(certify(f, {lo, hi, {}}), std::invalid_argument);
  }
  for (const double bad : {0.0, -1.0, no_number, inf}) {
    CHECK_THROWS_AS(certified::sigma_at_gain(f, bad), std::invalid_argument);
  }
  for (const double bad : {-1.0, no_number, inf}) {
    CHECK_THROWS_AS(certified::largest_multiplier(f, bad), std::invalid_argument);
    CHECK_THROWS_AS(certified::stop_ripple(f, bad), std::invalid_argument);
    CHECK_THROWS_AS(certified::basin_of_one(f, bad), std::invalid_argument);
  }
  CHECK_THROWS_AS(certified::deviation(f, no_number, 0.0, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(certified::basin_of_one(f, 2.0, 0), std::invalid_argument);
}
