// SPDX-License-Identifier: Apache-2.0
// Single steps from conditions: promotion, suppression and what lies between.

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include <pion/design/constraints.hpp>
#include <pion/filter/chains.hpp>
#include <pion/filter/shape.hpp>

#include "support/catch.hpp"
#include "support/coefficients.hpp"

using namespace pion;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

}  // namespace

TEST_CASE("the conditions of promotion and suppression give their coefficients without rounding") {
  CHECK(design::promotion() == chains::promotion);
  CHECK(design::suppression() == chains::suppression);
}

TEST_CASE("a quintic meets the conditions it was asked for") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> number(-2.0, 2.0), point(0.25, 1.5);
  for (int trial = 0; trial < 300; ++trial) {
    const double s = point(random), t = s + point(random), u = point(random);
    const double y = number(random), z = number(random), w = number(random);
    const OddQuintic p =
        design::quintic({design::value(s, y), design::value(t, z), design::slope(u, w)});
    // Cramer's rule loses what the largest cofactor exceeds the determinant by; a wild p has it
    // all.
    const double size = std::fabs(p.a) + std::fabs(p.b) + std::fabs(p.c) + 1.0;
    const double slack = 1e4 * epsilon * size * size;
    CHECK(std::fabs(p(s) - y) <= slack);
    CHECK(std::fabs(p(t) - z) <= slack);
    CHECK(std::fabs(p.derivative(u) - w) <= slack);
  }
  const OddQuintic bent =
      design::quintic({design::value(1, 2), design::slope(1, 3), design::curvature(1, 4)});
  CHECK(6 * bent.b + 20 * bent.c == 4.0);
}

TEST_CASE("conditions that do not determine a quintic are refused") {
  using design::slope;
  using design::value;
  CHECK_THROWS_AS(design::quintic({value(1, 1), value(-1, -1), slope(1, 0)}),
                  std::invalid_argument);
  CHECK_THROWS_AS(design::quintic({value(0, 0), value(1, 1), slope(1, 0)}), std::invalid_argument);
  CHECK_THROWS_AS(design::quintic({design::Condition{3, 1, 0}, value(1, 1), slope(1, 0)}),
                  std::invalid_argument);
  CHECK_THROWS_AS(design::quintic({value(std::nan(""), 0), value(1, 1), slope(1, 0)}),
                  std::invalid_argument);
}

TEST_CASE("anchored quintics rise within the feasible range, and fall just outside it") {
  const auto rises = [](const OddQuintic& p) { return monotone(Chain{p}); };
  for (int i = 0; i <= 60; ++i) {
    const double a = 1.875 * i / 60;
    const OddQuintic p = design::anchored(a);
    CHECK(std::fabs(p(1.0) - 1.0) <= 2 * epsilon);
    CHECK(std::fabs(p.derivative(1.0)) <= 16 * epsilon);
    CHECK(rises(p));
    CHECK(design::feasible_b.lo <= p.b);
    CHECK(p.b <= design::feasible_b.hi);
    CHECK(design::feasible_c.lo <= p.c);
    CHECK(p.c <= design::feasible_c.hi);
  }
  CHECK(!rises({1.89, 2.5 - 2 * 1.89, 0.39}));
  CHECK(!rises({-0.01, 2.52, -1.51}));
  CHECK(design::anchored(1.875) == chains::promotion);
  CHECK(design::anchored(0.0) == chains::suppression);
  CHECK(design::anchored(1.5) == OddQuintic{1.5, -0.5, 0.0});  // Newton and Schulz' cubic
  CHECK_THROWS_AS(design::anchored(1.876), std::invalid_argument);
  CHECK_THROWS_AS(design::anchored(-1e-9), std::invalid_argument);
}

TEST_CASE("an anchored quintic parts where it is told to, with slope 1 + tau^2") {
  for (const double tau : {0.05, 0.1, 0.3, 0.5, 0.7, 0.8, std::sqrt(2.0 / 3.0)}) {
    const OddQuintic p = design::anchored_with_fixed_point(tau);
    CHECK(std::fabs(p(tau) - tau) <= 8 * epsilon);
    CHECK(std::fabs(p.derivative(tau) - (1 + tau * tau)) <= 32 * epsilon);
    const Chain often = repeat(p, 20000);
    CHECK(often(1.01 * tau) > 0.5);
    CHECK(often(0.99 * tau) < 0.5 * tau);
  }
  const OddQuintic p = design::anchored_with_fixed_point(0.3);
  CHECK(distance(Chain{p}, Chain{{0.950549, 0.598901, -0.549451}}) <= 5e-7);
  for (const double tau : {0.0, -0.1, 0.82, std::nan("")}) {
    CHECK_THROWS_AS(design::anchored_with_fixed_point(tau), std::invalid_argument);
  }
}
