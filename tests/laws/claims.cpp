// SPDX-License-Identifier: Apache-2.0
// What Fan et al. 2026 say of the scalar filters, where no other test holds it: docs/claims.md has
// the whole list, with verdicts.

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <vector>

#include <pion/certify.hpp>
#include <pion/design/constraints.hpp>
#include <pion/design/monotone.hpp>
#include <pion/filter/chains.hpp>
#include <pion/filter/filter.hpp>

#include "support/catch.hpp"

using namespace pion;

TEST_CASE("claims: anchored quintics by c, and the factored slope (A34)-(A40)") {
  for (int i = -80; i <= 48; ++i) {
    const double c = i / 32.0;  // so that all coefficients are exact
    const OddQuintic p{(3 + 2 * c) / 2, -(1 + 4 * c) / 2, c};
    CHECK(std::fabs(p(1.0) - 1.0) <= 1e-14);
    CHECK(std::fabs(p.derivative(1.0)) <= 1e-14);
    CHECK(std::fabs(6 * p.b + 20 * p.c - (-3 + 8 * c)) <= 1e-13);
    for (double u = 0.0; u <= 1.0; u += 0.125) {
      const double factored = (u - 1) * (5 * c * u - p.a);  // 5 c (u - 1) (u - r), r = a / (5 c)
      CHECK(std::fabs(p.derivative(std::sqrt(u)) - factored) <= 1e-13);
    }
    const bool rises = certified::monotone(Chain{p}).verdict == Verdict::proved;
    CHECK(rises == (-1.5 <= c && c <= 0.375));
    // (P3): beyond it values just below 1 leave [0, 1].
    if (c > 0.375) CHECK(certified::range(Chain{p}, 0.9).hi.lo() > 1.0);
    if (-1.5 <= c && c <= 0.375) CHECK(certified::range(Chain{p}).hi == Interval(1.0));
  }
}

TEST_CASE("claims: the slopes are the squares and products that (A43) and (A46) say") {
  for (double s = 0.0; s <= 1.0; s += 1.0 / 64) {
    const double r = s * s;
    CHECK(std::fabs(chains::promotion.derivative(s) - 1.875 * (1 - r) * (1 - r)) <= 1e-15);
    CHECK(std::fabs(chains::suppression.derivative(s) - 7.5 * r * (1 - r)) <= 4e-15);
  }
}

TEST_CASE("claims: promotion has the largest slope at 0 of the anchored quintics, not of all") {
  const OddQuintic other = design::plateau_step(0.6);
  CHECK(certified::monotone(Chain{other}).verdict == Verdict::proved);
  CHECK(certified::range(Chain{other}).outer() == Interval(0.0, 1.0));
  CHECK(other.a > 2.2499);
  CHECK(other.derivative(1.0) > 0.9);  // what it gives up is (P2)
}

TEST_CASE("claims: 1 is a maximum of promotion on [0, 1], and an inflection") {
  for (const double e : {1e-1, 1e-2, 1e-3}) {
    CHECK(std::fabs(chains::promotion(1 + e) - 1 - 2.5 * e * e * e) <= 5 * e * e * e * e);
    CHECK(chains::promotion(1 + e) > 1.0);
    CHECK(chains::promotion(1 - e) < 1.0);
  }
}

TEST_CASE("claims: Muon does not settle at 1, and promotion alone is no high-pass") {
  for (const certified::FixedPoint& p : certified::fixed_points(chains::muon(1))) {
    if (p.at.lo() > 0.0) CHECK(p.slope.hi() < -1.0);
  }
  CHECK(certified::sigma_at_gain(chains::high_pass(5), 0.5).sigma.hi() < 0.03);
  CHECK(std::fabs(chains::high_pass(5).derivative(0.0) - std::pow(1.875, 5)) <= 1e-12);
  CHECK(!cutoff(chains::high_pass(5)));
  // Under the Frobenius norm sigma = 1 is a matrix of rank one: kp = 0 passes at most two.
  CHECK(max_survivors({chains::high_pass(0), Normalizer::frobenius}) == 2.0);
}

TEST_CASE("claims: the overshoot term of (A56) does not bound the iterates") {
  const Chain printed{{2.461, -0.443, -0.811},
                      {3.084, -1.139, 0.188},
                      {2.612, -1.453, 0.220},
                      {2.057, -1.837, 0.558},
                      {2.043, -1.355, 0.224}};  // Table A7, tau = .5
  double largest = 0.0;
  Chain so_far;
  for (const OddQuintic& p : printed.steps()) {
    so_far = so_far.then(Chain{p});
    largest = std::max(largest, certified::range(so_far).outer().magnitude());
  }
  CHECK(largest > 2.2);
  CHECK(certified::range(printed, 0.53).hi.lo() > 0.62);  // in its stop band
}

TEST_CASE("certification leaves the floating-point mode as it was") {
  const int mode = std::fegetround();
  certify(chains::muon());
  certified::basin_of_one(chains::high_pass(2));
  CHECK(std::fegetround() == mode);
}
