// SPDX-License-Identifier: Apache-2.0
// Every fixed point is found, isolated where it can be, and claimed where it is proved.

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include <pion/certify/fixed_points.hpp>

#include "support/certified.hpp"

using namespace pion;
using certified::FixedPoint;
using certified::SearchBudget;

TEST_CASE("the fixed points of Muon's step, with their slopes") {
  const std::vector<FixedPoint> all = certified::fixed_points(chains::muon(1), 0.0, 2.0);
  REQUIRE(all.size() == 3);
  for (const FixedPoint& p : all) CHECK(p.verdict == Verdict::proved);
  CHECK(all[0].at == Interval(0.0));
  CHECK(all[0].slope == Interval(3.4445));
  encloses(all[1].at, 0.868025797656, 12, 1e-14);
  encloses(all[2].at, 1.263729067298, 12, 1e-14);
  for (const FixedPoint& p : {all[1], all[2]}) {
    CHECK(p.slope.width() <= 1e-12);
    const Interval r = square(p.at);  // p(s) = s: a = 1 - b r - c r^2, and p' = 1 + 2 b r + 4 c r^2
    CHECK((1.0 + r * (2.0 * Interval(-4.7750) + r * (4.0 * Interval(2.0315)))).overlaps(p.slope));
  }
  CHECK(all[1].slope.hi() < -1.0);  // which is why Muon's iteration does not settle
  CHECK(all[2].slope.lo() > 1.0);
}

TEST_CASE("every fixed point is found, and is isolated") {
  for (int kp = 0; kp < 5; ++kp) {
    const std::vector<FixedPoint> all = certified::fixed_points(chains::high_pass(kp));
    REQUIRE(all.size() == 3);
    for (const FixedPoint& p : all) CHECK(p.verdict == Verdict::proved);
    CHECK(all[0].at == Interval(0.0));
    CHECK(all[2].at == Interval(1.0));
    CHECK(all[2].slope == Interval(0.0));
    if (kp == 0) encloses(all[1].at, 0.816496580927726, 15, 1e-14);
  }
  for (const Chain& f : many_chains()) {
    if (f.empty()) continue;
    const std::vector<FixedPoint> all = certified::fixed_points(f, -0.25, 1.25);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i > 0) CHECK(all[i - 1].at.hi() < all[i].at.lo());
      CHECK(all[i].at.width() <= 1e-7);
    }
    const auto g = [&](long double s) { return value(f, s) - s; };
    for (int k = 0; k < 4000; ++k) {
      const long double s = -0.25L + 1.5L * k / 4000, t = -0.25L + 1.5L * (k + 1) / 4000;
      if (g(s) * g(t) > 0) continue;
      const auto meets = [&](const FixedPoint& p) { return p.at.hi() >= s && p.at.lo() <= t; };
      CHECK(std::any_of(all.begin(), all.end(), meets));
    }
    for (const FixedPoint& p : all) {  // proved: g changes its sign, or is 0, within
      if (p.verdict != Verdict::proved) continue;
      const long double wide = 1e-12L;
      CHECK(g(p.at.lo() - wide) * g(p.at.hi() + wide) <= 0);
      CHECK((p.slope.lo() > 1.0 || p.slope.hi() < 1.0));
    }
  }
}

TEST_CASE("coefficients of wildly different sizes hide no fixed point") {
  std::mt19937_64 random(14);
  std::uniform_real_distribution<double> exponent(-1000.0, 1000.0);
  std::uniform_int_distribution<int> sign(0, 1);
  const auto coefficient = [&] {
    return (sign(random) == 0 ? 1.0 : -1.0) * std::exp2(exponent(random));
  };
  for (int trial = 0; trial < 1500; ++trial) {
    const Chain f{{coefficient(), coefficient(), coefficient()},
                  {coefficient(), coefficient(), coefficient()}};
    const std::vector<FixedPoint> all =
        certified::fixed_points(f, 0.0, 1.0, SearchBudget{256, 1e-9});
    long double from = 0.0L;
    int before = 0;
    for (int k = 0; k <= 200; ++k) {
      const long double s = std::exp2(-0.5L * static_cast<long double>(200 - k));
      const long double y = value(f, s), off = y - s;
      if (std::fabs(off) <= 1e-15L * (std::fabs(y) + s)) continue;
      const int now = off > 0.0L ? 1 : -1;
      const auto meets = [&](const FixedPoint& p) { return p.at.hi() >= from && p.at.lo() <= s; };
      if (now * before < 0) CHECK(std::any_of(all.begin(), all.end(), meets));
      before = now;
      from = s;
    }
  }
}

TEST_CASE("three fixed points at dyadic places, where pieces end") {
  // p(s) - s = 8 s (s^2 - 1/4) (s^2 - 1/16), exactly.
  const Chain f{{1.125, -2.5, 8.0}};
  const std::vector<FixedPoint> all = certified::fixed_points(f, -1.0, 1.0);
  REQUIRE(all.size() == 5);
  const double expected[5] = {-0.5, -0.25, 0.0, 0.25, 0.5};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(all[i].verdict == Verdict::proved);
    CHECK(all[i].at.contains(expected[i]));
    CHECK(all[i].at.width() <= 1e-14);
  }
  CHECK(certified::fixed_points(f, 0.25, 0.5).size() == 2);  // both at the ends
  CHECK(certified::fixed_points(f, 0.25, 0.25).size() == 1);
  CHECK(certified::fixed_points(f, 0.3, 0.4).empty());
}

TEST_CASE("a fixed point at the end of the interval, or just beyond, is where it says") {
  const Chain f = chains::muon(1);
  const long double a = 3.4445, b = -4.7750, c = 2.0315;
  const long double root = std::sqrt((-b - std::sqrt(b * b - 4 * c * (a - 1))) / (2 * c));
  const Interval at = certified::fixed_points(f)[1].at;
  for (const auto& [lo, hi] :
       {std::pair(0.5, at.lo()), std::pair(0.5, at.hi()), std::pair(at.lo(), 1.0),
        std::pair(at.hi(), 1.0), std::pair(at.lo(), at.hi())}) {
    const std::vector<FixedPoint> all = certified::fixed_points(f, lo, hi);
    if (all.empty()) {  // which is a proof that it lies beyond
      CHECK((root < lo || hi < root));
      continue;
    }
    REQUIRE(all.size() == 1);
    CHECK(all[0].verdict == Verdict::proved);
    CHECK((all[0].at.lo() <= root && root <= all[0].at.hi()));
    CHECK(all[0].at.width() < 1e-13);
  }
  CHECK(certified::fixed_points(f, at.lo(), at.hi()).size() == 1);
}

TEST_CASE("where a chain only touches the diagonal, nothing is claimed") {
  // p(s) - s = 4 s (s^2 - 1/4)^2.
  const std::vector<FixedPoint> all = certified::fixed_points(Chain{{1.25, -2.0, 4.0}});
  REQUIRE(all.size() == 2);
  CHECK(all[0].verdict == Verdict::proved);
  CHECK(all[1].verdict == Verdict::undecided);
  CHECK(all[1].at.contains(0.5));
  CHECK(all[1].slope.contains(1.0));
  CHECK(all[1].at.width() < 1e-6);
  // Lifted by 1e-9 it misses; lowered, it crosses twice.
  CHECK(certified::fixed_points(Chain{{1.25 + 1e-9, -2.0, 4.0}}).size() == 1);
  const std::vector<FixedPoint> twice = certified::fixed_points(Chain{{1.25 - 1e-9, -2.0, 4.0}});
  REQUIRE(twice.size() == 3);
  CHECK((twice[1].verdict == Verdict::proved && twice[2].verdict == Verdict::proved));
  CHECK((twice[1].at.hi() < 0.5 && twice[2].at.lo() > 0.5));
  // The two close in until rounding hides them: a proved one holds exactly one of them.
  for (int k = 1; k < 4000; k += 1 + k / 40) {
    CAPTURE(k);
    const double lowered = 1.25 - 0x1p-52 * k;
    const long double apart = std::sqrt(1.25L - lowered) / 2;  // of s^2 from 1/4
    int held = 0;
    for (const FixedPoint& p : certified::fixed_points(Chain{{lowered, -2.0, 4.0}}, 0.1)) {
      int inside = 0;
      for (const long double s : {std::sqrt(0.25L - apart), std::sqrt(0.25L + apart)}) {
        inside += p.at.lo() <= s && s <= p.at.hi() ? 1 : 0;
      }
      if (p.verdict == Verdict::proved) CHECK(inside == 1);
      held += inside;
    }
    CHECK(held == 2);
  }
}
