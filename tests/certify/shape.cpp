// SPDX-License-Identifier: Apache-2.0
// Covers its own header and certify/enclosure.hpp.
// What is certified of a chain's values: to the digits known, and against samples in long double
// that try to break it.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <pion/certify/enclosure.hpp>
#include <pion/certify/monotone.hpp>
#include <pion/certify/shape.hpp>
#include <pion/certify/steepness.hpp>

#include "support/certified.hpp"

using namespace pion;

TEST_CASE("no sample leaves the range, the Lipschitz bound or the multiplier") {
  std::mt19937_64 random(12);
  std::uniform_real_distribution<long double> unit(0.0L, 1.0L);
  for (const Chain& f : many_chains()) {
    for (const double lo : {0.0, 0.01, 0.6}) {
      const certified::RangeEnclosure range = certified::range(f, lo, 1.0);
      const Interval steepest = certified::lipschitz(f, lo, 1.0);
      const Interval multiplier = certified::largest_multiplier(f);
      const long double off = slack(certified::lipschitz(f), range.outer());
      long double least = inf, most = -inf, slope = 0, gain = 0;
      for (int i = 0; i < 20000; ++i) {
        const long double s = lo + (1.0L - lo) * unit(random);
        const long double y = value(f, s);
        least = std::min(least, y);
        most = std::max(most, y);
        gain = std::max(gain, std::fabs(y / s));
        slope = std::max(slope, std::fabs(f.derivative(s)));
      }
      CHECK(least >= range.lo.lo() - off);
      CHECK(most <= range.hi.hi() + off);
      CHECK(slope <= steepest.hi() * (1 + off));
      CHECK(gain <= multiplier.hi() * (1 + off));
      // And what is claimed is attained: the samples come near, to the sampling.
      const double between = 1e-3 * (1 + steepest.hi());
      CHECK(least <= range.lo.hi() + between);
      CHECK(most >= range.hi.lo() - between);
      CHECK(steepest.lo() <= steepest.hi());
      CHECK(steepest.width() <= 2e-9 * steepest.hi() + 1e-13);
      CHECK(multiplier.width() <= 2e-9 * multiplier.hi() + 1e-15);
      CHECK(range.lo.width() + range.hi.width() <= 1e-12 * (1 + range.outer().magnitude()));
    }
  }
}

TEST_CASE("two million samples of the catalogue stay inside") {
  for (const Chain& f : catalogue()) {
    const Interval range = certified::range(f).outer();
    const long double off = slack(certified::lipschitz(f), range);
    long double least = inf, most = -inf;
    for (int i = 0; i <= 200000; ++i) {
      const long double y = value(f, i / 200000.0L);
      least = std::min(least, y);
      most = std::max(most, y);
    }
    CHECK(least >= range.lo() - off);
    CHECK(most <= range.hi() + off);
  }
}

TEST_CASE("Muon's range to the digits known, and high-pass exactly from 0 to 1") {
  const auto spans = [](double from, double lo, double hi) {
    const certified::RangeEnclosure y = certified::range(chains::muon(), from, 1.0);
    encloses(y.lo, lo, 4, 1e-13);
    encloses(y.hi, hi, 4, 1e-13);
  };
  spans(0.01, 0.6818, 1.1344);
  spans(0.003, 0.6818, 1.2024);
  spans(0.001, 0.4705, 1.2024);
  for (int kp = 0; kp <= 5; ++kp) {
    const certified::RangeEnclosure y = certified::range(chains::high_pass(kp));
    CHECK(y.lo == Interval(0.0));
    CHECK(y.hi == Interval(1.0));
    CHECK(certified::monotone(chains::high_pass(kp)).verdict == Verdict::proved);
  }
}

TEST_CASE("what a step is scaled by changes nothing, up to the ends of the doubles") {
  std::mt19937_64 random(13);
  std::uniform_real_distribution<double> coefficient(-3.0, 3.0);
  for (int trial = 0; trial < 40; ++trial) {
    const OddQuintic p{coefficient(random), trial % 4 == 0 ? 0.0 : coefficient(random),
                       coefficient(random)};
    const certified::RangeEnclosure y = certified::range(Chain{p});
    for (const int power : {-900, -560, -30, 30, 560, 1000}) {
      const auto scaled = [power](double x) { return std::ldexp(x, power); };
      const Chain f{{scaled(p.a), scaled(p.b), scaled(p.c)}};
      const certified::RangeEnclosure z = certified::range(f);
      const double near = scaled(1e-14);
      CHECK(std::fabs(z.lo.lo() - scaled(y.lo.lo())) <= near);
      CHECK(std::fabs(z.hi.hi() - scaled(y.hi.hi())) <= near);
      const Verdict rises = certified::monotone(Chain{p}).verdict;
      CHECK((rises == Verdict::proved) == (certified::monotone(f).verdict == Verdict::proved));
    }
  }
  CHECK(certified::range(Chain{{0x1p-1070, 0, -0x1p-1070}}).hi.hi() <= 0x1p-1070);
}

TEST_CASE("the AOL coefficients change sign above .885") {
  const Chain first{aol.steps().front()};
  encloses(certified::range(first, 1.0, 1.0).hi, -0.5852, 4, 1e-14);
  CHECK(certified::range(first, 0.886, 1.0).hi.hi() < 0.0);
  CHECK(certified::range(first, 0.0, 0.883).lo.lo() >= 0.0);
  CHECK(certified::range(aol, 0.9, 1.0).hi.hi() < -0.9);
  const certified::Monotone m = certified::monotone(aol);
  CHECK(m.verdict == Verdict::disproved);
  CHECK(certified::pass_ripple(aol, 0.9).lo() > 1.9);
}

TEST_CASE("sigma at gain to the digits known, and nothing below reaches it") {
  const double gains[8] = {1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5, 0.9, 0.99};
  const double at[5][8] = {{.6896, .7151, .7300, .7476, .7707, .7978, .8243, .8459},
                           {.3372, .3704, .3909, .4157, .4498, .4922, .5363, .5745},
                           {.1184, .1463, .1644, .1874, .2204, .2633, .3100, .3518},
                           {.0220, .0373, .0492, .0660, .0927, .1305, .1739, .2138},
                           {.0006, .0028, .0060, .0130, .0294, .0595, .0982, .1347}};
  const double cutoff[5] = {.816497, .523018, .295733, .160457, .086000};
  for (int kp = 0; kp < 5; ++kp) {
    const Chain f = chains::high_pass(kp);
    for (int i = 0; i < 8; ++i) {
      const certified::Crossing c = certified::sigma_at_gain(f, gains[i]);
      CHECK(c.gain == gains[i]);
      CHECK(c.verdict == Verdict::proved);
      encloses(c.sigma, at[kp][i], 4, 1e-14);
    }
    encloses(certified::sigma_at_gain(f, std::sqrt(2.0 / 3.0)).sigma, cutoff[kp], 6, 1e-14);
    CHECK(certified::sigma_at_gain(f, 1.0).verdict == Verdict::proved);
    CHECK(certified::sigma_at_gain(f, 1.0).sigma.hi() == 1.0);
    CHECK(certified::sigma_at_gain(f, 1.0 + 1e-15).verdict == Verdict::disproved);
  }
  for (const Chain& f : many_chains()) {
    const long double off = slack(certified::lipschitz(f), certified::range(f).outer());
    for (const double gain : {0.01, 0.3, 0.9}) {
      const certified::Crossing c = certified::sigma_at_gain(f, gain);
      if (c.verdict == Verdict::disproved) {
        CHECK(certified::stop_ripple(f, 1.0).hi() < gain);
        continue;
      }
      REQUIRE(c.verdict == Verdict::proved);
      CHECK(c.sigma.width() <= 1e-6);
      long double largest = 0;
      for (int k = 0; k < 2000; ++k) {
        largest = std::max(largest, std::fabs(value(f, c.sigma.lo() * (k / 2000.0L))));
      }
      CHECK(largest < gain + off);
      if (c.sigma.lo() > 0.0) CHECK(certified::stop_ripple(f, c.sigma.lo()).hi() < gain);
      CHECK(certified::stop_ripple(f, c.sigma.hi()).lo() >= gain);
    }
  }
}

TEST_CASE("a crossing at the very end, beyond it, or at once") {
  const Chain id;
  CHECK(certified::sigma_at_gain(id, 1.0).verdict == Verdict::proved);
  CHECK(certified::sigma_at_gain(id, 1.0).sigma.hi() == 1.0);
  CHECK(certified::sigma_at_gain(id, std::nextafter(1.0, 2.0)).verdict == Verdict::disproved);
  CHECK(certified::sigma_at_gain(id, 0.25, 0.5, 1.0).sigma.lo() == 0.5);
  CHECK(certified::sigma_at_gain(id, 0.25, -1.0, 1.0).sigma.lo() == -1.0);
  // 0.1 + 0.2 + 0.3 is not exact: whether f(1) reaches the double nearest to it is not decided...
  const Chain f{{0.1, 0.2, 0.3}};
  const certified::RangeEnclosure end = certified::range(f, 1.0, 1.0);
  REQUIRE(end.hi.lo() < end.hi.hi());
  const certified::Crossing c = certified::sigma_at_gain(f, end.hi.hi());
  CHECK(c.verdict == Verdict::undecided);  // ...but is not guessed either
  CHECK(c.sigma.hi() == 1.0);
  CHECK(c.sigma.lo() > 1.0 - 1e-14);
}

TEST_CASE("ripple of the bands") {
  const Chain f = chains::high_pass(2);
  encloses(certified::pass_ripple(f, 0.5), 1.0 - f(0.5), 12);
  encloses(certified::stop_ripple(f, 0.2), f(0.2), 12);
  encloses(certified::pass_ripple(chains::muon(), 0.01), 1.0 - 0.68183146217718, 12);
  CHECK(certified::pass_ripple(f, 1.0) == Interval(0.0));
  CHECK(certified::stop_ripple(f, 0.0) == Interval(0.0));
}

TEST_CASE("a bound that is refused names the function that was called") {
  const Chain f = chains::muon();
  const std::string which = ": [0, nan] is not a finite interval";
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(certified::range(f, 0.0, nan), "range" + which);
  CHECK_THROWS_WITH(certified::deviation(f, 1.0, 0.0, nan), "deviation" + which);
  CHECK_THROWS_WITH(certified::pass_ripple(f, 0.0, nan), "pass_ripple" + which);
  CHECK_THROWS_WITH(certified::stop_ripple(f, nan), "stop_ripple" + which);
}
