// SPDX-License-Identifier: Apache-2.0
// Covers its own header and certify/basin.hpp, certify/enclosure.hpp, certify/fixed_points.hpp,
// certify/shape.hpp, certify/steepness.hpp.
// What is certified of a chain: to the digits known, against samples in long double that try to
// break it, and chains that hold or fail by a hair.

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <pion/certify.hpp>
#include <pion/filter/chains.hpp>

#include "support/catch.hpp"

using namespace pion;
using certified::FixedPoint;
using certified::SearchBudget;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// The enclosure holds a number that prints as x to so many digits, and is no wider than `width`.
void encloses(const Interval& x, double value, int digits, double width = 1e-11) {
  INFO("[" << x.lo() << ", " << x.hi() << "] against " << value << " to " << digits << " digits");
  const double half = 0.5 * std::pow(10.0, -digits) * (1 + 1e-9);
  CHECK(x.lo() <= value + half);
  CHECK(x.hi() >= value - half);
  CHECK(x.width() <= width);
}

const Chain aol{{4.0098, -7.0585, 2.4635},
                {3.4585, -5.5479, 2.5959},
                {2.7573, -3.2939, 1.4254},
                {2.7215, -3.0494, 1.3169}};

std::vector<Chain> catalogue() {
  std::vector<Chain> all = {chains::muon(), chains::muon(1), aol, Chain{}, Chain{{0, 0, 0}}};
  for (int kp = 0; kp <= 5; ++kp) all.push_back(chains::high_pass(kp));
  return all;
}

Chain random_chain(std::mt19937_64& random, int steps) {
  std::uniform_real_distribution<double> coefficient(-3.0, 3.0);
  std::vector<OddQuintic> list;
  for (int i = 0; i < steps; ++i) {
    const double a = coefficient(random), b = coefficient(random);
    list.push_back({a, b, 1.0 - a - b});
  }
  return Chain(list);
}

std::vector<Chain> many_chains() {
  std::vector<Chain> all = catalogue();
  std::mt19937_64 random(11);
  for (int i = 0; i < 60; ++i) all.push_back(random_chain(random, 1 + i % 4));
  return all;
}

/// f(s) with ten bits more than a double; how far it may be off, by the largest slope there is.
long double value(const Chain& f, long double s) { return f(s); }
long double slack(const Interval& lipschitz, const Interval& range) {
  return 256 * std::numeric_limits<long double>::epsilon() *
         (1 + static_cast<long double>(lipschitz.hi()) + range.magnitude());
}

}  // namespace

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
