// SPDX-License-Identifier: Apache-2.0
// Covers its own header and design/equiripple.hpp, design/monotone.hpp, detail/number_text.hpp.
// Filters that part sharply: what is promised of their ripple, their gap and their order is
// certified, and they are sharper than what they are measured against.

#include <algorithm>
#include <cmath>
#include <cstdlib>  // std::strtod
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <pion/certify.hpp>
#include <pion/design/equiripple.hpp>
#include <pion/design/monotone.hpp>
#include <pion/design/sharp.hpp>
#include <pion/filter/chains.hpp>

#include "support/catch.hpp"

using namespace pion;
using design::Band;
using design::Bands;

namespace {

/// A bound, proved, for the deviation on every band and gap.
double certified_ripple(const Chain& f, const Bands& bands) {
  double e = 0.0;
  for (const Band& b : bands.pass) {
    e = std::max(e, certified::deviation(f, 1.0, b.lo, b.hi).hi());
  }
  for (const Band& b : bands.stop) {
    e = std::max(e, certified::deviation(f, 0.0, b.lo, b.hi).hi());
  }
  for (const Band& b : bands.gaps()) {
    const Interval y = certified::range(f, b.lo, b.hi).outer();
    e = std::max({e, -y.lo(), y.hi() - 1.0});
  }
  return e;
}

/// From gain .1 to gain .9, of a filter that rises.
double rise(const Chain& f) { return *sigma_at_gain(f, 0.9) / *sigma_at_gain(f, 0.1); }

}  // namespace

TEST_CASE("bands leave gaps, and must not overlap") {
  const Bands bands{{{0.3, 0.5}}, {{0.0, 0.2}, {0.6, 0.9}}};
  const std::vector<Band> gaps = bands.gaps();
  REQUIRE(gaps.size() == 3);
  CHECK((gaps[0].lo == 0.2 && gaps[0].hi == 0.3));
  CHECK((gaps[2].lo == 0.9 && gaps[2].hi == 1.0));
  CHECK(Bands{{{0.0, 1.0}}, {}}.gaps().empty());
  CHECK_THROWS_AS((Bands{{{0.3, 0.5}}, {{0.0, 0.4}}}.gaps()), std::invalid_argument);
  CHECK_THROWS_AS((Bands{{{0.5, 1.1}}, {}}.gaps()), std::invalid_argument);
  CHECK_THROWS_AS((Bands{{{0.5, 0.4}}, {}}.gaps()), std::invalid_argument);
  CHECK_THROWS_AS((Bands{{{std::nan(""), 0.4}}, {}}.gaps()), std::invalid_argument);
}

TEST_CASE("ripple is the largest deviation, wherever it is") {
  const Chain line;  // f(s) = s
  CHECK(design::ripple(line, {{{0.7, 1.0}}, {{0.0, 0.2}}}) == 1.0 - 0.7);
  CHECK(design::ripple(line, {{{0.9, 1.0}}, {{0.0, 0.2}}}) == 0.2);
  CHECK(design::ripple(Chain{{1.5, 0, 0}}, {{}, {{0.0, 0.1}}}) == 0.5);   // in the gap, above
  CHECK(design::ripple(Chain{{-0.5, 0, 0}}, {{}, {{0.0, 0.1}}}) == 0.5);  // and below
  CHECK(design::ripple(chains::high_pass(0), {}) == 0.0);
}

TEST_CASE("moving all steps together lessens the ripple of a greedy chain by half and more") {
  for (const auto& [stop, pass] : {std::pair{.05, .0631}, {.1, .1152}, {.3, .3129}}) {
    const Bands bands{{{pass, 1.0}}, {{0.0, stop}}};
    const design::Designed greedy = design::two_band_high_pass({stop, pass});
    const design::Designed joint = design::equiripple(bands, greedy.chain);
    CHECK(joint.loss <= 0.5 * greedy.loss);
    CHECK(joint.loss == design::ripple(joint.chain, bands));
    CHECK(std::fabs(certified_ripple(joint.chain, bands) - joint.loss) <= 1e-11);
    CHECK(design::equiripple(bands, joint.chain).loss <= joint.loss);
  }
}

TEST_CASE("a sharp high-pass keeps its ripple, certified, with the gap it is known to reach") {
  struct Row {
    double tau;
    int steps;
    double ratio;
  };
  for (const Row& row : {Row{.05, 5, 1.3},
                         {.1, 5, 1.15},
                         {.05, 5, 1.24},
                         {.1, 5, 1.11},
                         {.13, 5, 1.11},
                         {.3, 5, 1.031},
                         {.9, 5, 1.006},
                         {.3, 3, 1.44},
                         {.1, 7, 1.01},
                         {.005, 7, 1.12}}) {
    const design::SharpFilter s = design::sharp_high_pass(row.tau, row.steps, 0.02);
    INFO(row.tau << " in " << row.steps << " steps: " << s.ratio);
    REQUIRE(s.chain.size() == row.steps);
    const double pass = s.bands.pass[0].lo, stop = s.bands.stop[0].hi;
    CHECK(certified::pass_ripple(s.chain, pass).hi() <= 0.02);
    CHECK(certified::stop_ripple(s.chain, stop).hi() <= 0.02);
    CHECK(certified_ripple(s.chain, s.bands) <= 0.02);
    CHECK(std::fabs(pass / stop - s.ratio) <= 1e-12 * s.ratio);
    CHECK(std::fabs(std::sqrt(pass * stop) - row.tau) <= 1e-12);
    CHECK(s.ratio <= row.ratio);
  }
}

TEST_CASE("less ripple costs a wider gap, and more steps buy a narrower one") {
  for (const double tau : {0.02, 0.05, 0.13}) {
    double narrower = 1.0;
    for (const double ripple : {0.4, 0.3, 0.1, 0.02, 0.005, 0.001}) {
      const design::SharpFilter s = design::sharp_high_pass(tau, 5, ripple);
      CHECK(s.ripple <= ripple);
      CHECK(s.ratio > narrower);
      narrower = s.ratio;
    }
  }
  double before = HUGE_VAL;
  for (const int steps : {3, 4, 5, 6, 8}) {
    const double ratio = design::sharp_high_pass(0.2, steps).ratio;
    CHECK(ratio < before);
    before = ratio;
  }
}

TEST_CASE("sharp low-pass and band-pass filters keep their ripple, certified") {
  for (const double tau : {0.06, 0.3, 0.55, 0.9}) {
    const design::SharpFilter s = design::sharp_low_pass(tau);
    INFO("low-pass " << tau << ": " << s.ratio);
    CHECK(certified_ripple(s.chain, s.bands) <= 0.02);
    CHECK(s.ratio <= (tau < 0.2 ? 3.2 : 1.4));
  }
  for (const auto& [lower, upper] : {std::pair{.3, .6}, {.1, .3}, {.2, .25}}) {
    const design::SharpFilter s = design::sharp_band_pass({lower, upper});
    INFO("band-pass " << lower << " to " << upper << ": " << s.ratio);
    CHECK(certified_ripple(s.chain, s.bands) <= 0.02);
    CHECK(s.ratio <= 1.35);
  }
}

TEST_CASE("what no sharp filter can be is refused") {
  for (const double tau : {0.0, 1.0, -0.1, std::nan("")}) {
    CHECK_THROWS_AS(design::sharp_high_pass(tau), std::invalid_argument);
    CHECK_THROWS_AS(design::sharp_low_pass(tau), std::invalid_argument);
  }
  CHECK_THROWS_AS(design::sharp_high_pass(0.1, 0), std::invalid_argument);
  CHECK_THROWS_AS(design::sharp_high_pass(0.1, 5, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(design::sharp_high_pass(0.9, 1, 0.001), std::domain_error);
  CHECK_THROWS_AS(design::sharp_band_pass({0.5, 0.4}), std::invalid_argument);
}

TEST_CASE("a plateau step rises to 1 with its plateau where it says, promotion's at the end") {
  for (int i = 0; i <= 100; ++i) {
    const double v = i / 100.0;
    const OddQuintic p = design::plateau_step(v);
    CHECK(certified::range(Chain{p}, 1.0, 1.0).outer() == Interval(1.0));
    CHECK(certified::monotone(Chain{p}).verdict == Verdict::proved);
    CHECK(p.derivative(std::sqrt(v)) >= 0.0);
    CHECK(p.derivative(std::sqrt(v)) <= 2e-9);
    CHECK(p.a <= 2.25 + 1e-9);
  }
  CHECK(std::fabs(design::plateau_step(0.6).a - 2.25) <= 2e-9);
  CHECK(std::fabs(design::plateau_step(1.0).a - chains::promotion.a) <= 1e-9);
  CHECK_THROWS_AS(design::plateau_step(1.1), std::invalid_argument);
}

TEST_CASE("a rising filter is certified to rise, from 0 to 1, and is sharper than Pion's") {
  for (const int kp : {1, 2, 4}) {
    const Chain pion = chains::high_pass(kp);
    const double tau = *sigma_at_gain(pion, 0.5);
    const design::RisingHighPass m = design::monotone_high_pass(tau);
    INFO("tau = " << tau << ": " << m.ratio() << " against " << rise(pion));
    CHECK(certified::monotone(m.chain).verdict == Verdict::proved);
    CHECK(certified::range(m.chain).outer() == Interval(0.0, 1.0));
    CHECK(std::fabs(m.chain(tau) - 0.5) <= 2e-3);
    CHECK(std::fabs(m.ratio() - rise(m.chain)) <= 1e-9);
    CHECK(m.ratio() < rise(pion));
  }
  const design::RisingHighPass m = design::monotone_high_pass(0.13);
  const certified::Crossing from = certified::sigma_at_gain(m.chain, 0.1);
  const certified::Crossing to = certified::sigma_at_gain(m.chain, 0.9);
  CHECK(to.sigma.hi() / from.sigma.lo() <= 1.62);
  CHECK(design::monotone_high_pass(0.3, 3).chain == design::monotone_high_pass(0.3, 3).chain);
  CHECK_THROWS_AS(design::monotone_high_pass(0.0), std::invalid_argument);
  CHECK_THROWS_AS(design::monotone_high_pass(0.1, 9), std::invalid_argument);
  CHECK_THROWS_AS(design::monotone_high_pass(0.01, 2), std::domain_error);
}

TEST_CASE("a refusal writes each number so that it can be read back, and no longer") {
  CHECK_THROWS_WITH(design::sharp_high_pass(0.1, 5, -1e-9), has_text("ripple = -1e-09"));
  CHECK_THROWS_WITH(design::monotone_high_pass(1e-7, 9), has_text("tau = 1e-07"));
  CHECK(detail::number_text(0.1) == "0.1");
  CHECK(detail::number_text(0.1 + 0.2) == "0.30000000000000004");
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-300.0, 300.0);
  for (int i = 0; i < 1000; ++i) {
    const double x = std::pow(10.0, exponent(random));
    CHECK(std::strtod(detail::number_text(-x).c_str(), nullptr) == -x);
  }
}
