// SPDX-License-Identifier: Apache-2.0
// Covers its own header and design/band_loss.hpp, design/coefficients.hpp.
// The low-pass: the loss is the paper's, its derivative is right, and the chains that are shipped
// reach the losses stated.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <pion/design/low_pass.hpp>
#include <pion/design/rounding.hpp>
#include <pion/filter/shape.hpp>

#include "support/catch.hpp"

using namespace pion;
using design::Rounding;

namespace {

/// Table A7 of Fan et al. 2026: the coefficients as printed; the loss that it reports; and the loss
/// of what is printed, which is another one, for the fits bear no rounding to three decimals.
struct Printed {
  double tau;
  std::vector<OddQuintic> steps;
  double reported, measured;
};

const std::vector<Printed>& table_a7() {
  static const std::vector<Printed> table = {{0.1,
                                              {{4.753, -10.636, 7.172},
                                               {2.414, -2.282, 0.877},
                                               {2.589, -1.202, 0.245},
                                               {1.999, -1.774, 0.525},
                                               {2.131, -1.530, 0.274}},
                                              0.00070,
                                              0.00239},
                                             {0.2,
                                              {{3.104, -3.578, 1.639},
                                               {2.844, -2.041, 0.616},
                                               {2.577, -2.567, 0.639},
                                               {2.807, -1.811, 0.113},
                                               {1.877, -1.153, 0.292}},
                                              0.00105,
                                              0.00169},
                                             {0.3,
                                              {{2.547, -1.190, 0.122},
                                               {3.202, -1.581, 0.326},
                                               {3.100, -1.684, 0.229},
                                               {2.289, -1.547, 0.342},
                                               {2.185, -1.841, 0.645}},
                                              0.00278,
                                              0.02375},
                                             {0.4,
                                              {{2.624, -1.021, -0.555},
                                               {2.762, -1.221, 0.238},
                                               {2.682, -1.486, 0.293},
                                               {2.021, -1.724, 0.483},
                                               {2.154, -1.565, 0.283}},
                                              0.00412,
                                              0.00614},
                                             {0.5,
                                              {{2.461, -0.443, -0.811},
                                               {3.084, -1.139, 0.188},
                                               {2.612, -1.453, 0.220},
                                               {2.057, -1.837, 0.558},
                                               {2.043, -1.355, 0.224}},
                                              0.00263,
                                              0.68064},
                                             {0.6,
                                              {{2.313, -0.434, -0.335},
                                               {2.913, -0.920, 0.130},
                                               {2.751, -1.493, 0.217},
                                               {1.939, -1.683, 0.470},
                                               {2.253, -1.784, 0.353}},
                                              0.00316,
                                              1.26905},
                                             {0.7,
                                              {{1.636, -0.310, -0.039},
                                               {3.286, -1.566, 0.333},
                                               {3.036, -1.962, 0.338},
                                               {2.004, -1.730, 0.476},
                                               {2.204, -1.663, 0.313}},
                                              0.00524,
                                              0.00566},
                                             {0.8,
                                              {{1.743, -0.247, 0.015},
                                               {2.990, -0.933, 0.130},
                                               {2.656, -1.371, 0.189},
                                               {2.069, -1.663, 0.423},
                                               {2.054, -1.345, 0.220}},
                                              0.00843,
                                              0.04882},
                                             {0.9,
                                              {{3.009, -1.041, -0.021},
                                               {2.796, -2.170, 0.433},
                                               {3.051, -2.487, 0.507},
                                               {2.128, -2.166, 0.772},
                                               {2.174, -1.889, 0.709}},
                                              0.00043,
                                              0.00177}};
  return table;
}

}  // namespace

TEST_CASE("the loss of the printed coefficients is the known one, to its digits") {
  for (const Printed& row : table_a7()) {
    const double loss = design::low_pass_loss(row.tau)(Chain(row.steps));
    INFO("tau = " << row.tau << ": " << loss << " against " << row.measured);
    CHECK(std::fabs(loss - row.measured) <= 0.5e-5);
  }
}

TEST_CASE("the loss counts each of its four terms with its weight") {
  // One band of each kind, and f(s) = g s with s so close to 1 and to .5 that f is nearly constant.
  const design::BandLoss loss({{0.5, 0.5 + 1e-9}}, {{1 - 1e-9, 1.0}});  // 250 and 50 samples
  const auto is = [&loss](double gain, double expected) {
    const double found = loss(Chain{{gain, 0, 0}});
    INFO("gain " << gain << ": " << found << " against " << expected);
    CHECK(std::fabs(found - expected) <= 1e-7 * (1 + expected));
  };
  CHECK(loss.size() == 300);
  is(0.5, 3 * .75 * .75 + 8 * .25);
  is(1.0, 3 * .25 + 8);
  is(1.22, 3 * .39 * .39 + 8 * 1.22 * 1.22 + 30 * .2 * .2 * 50 / 300);
  is(-1.0, 3 * 1.5 * 1.5 + 8 + 30 * (.25 + 1));
  is(1e9, 3 * 999. * 999 + 8e6 + 30 * 998.98 * 998.98);  // clipped to 1000
}

TEST_CASE("the squares of the residuals sum to the loss, and J^T r is half its gradient") {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  for (const Printed& row : table_a7()) {
    const design::BandLoss loss = design::low_pass_loss(row.tau);
    for (int trial = 0; trial < 6; ++trial) {
      Eigen::VectorXd theta = design::coefficients(Chain(row.steps));
      for (double& x : theta) x += 0.02 * trial * normal(random);
      const detail::NormalEquations at = loss.normal(theta);
      const double roundings = static_cast<double>(loss.size()) * 2;
      CHECK(std::fabs(at.value - loss(theta)) <=
            roundings * std::numeric_limits<double>::epsilon() * at.value);
      CHECK(loss(theta) == loss(design::chain_of(theta)));
      for (Eigen::Index k = 0; k < theta.size(); ++k) {
        // A central difference errs by h^2 times a third derivative, and by epsilon L / h.
        const double h = 1e-7;
        Eigen::VectorXd up = theta, down = theta;
        up[k] += h;
        down[k] -= h;
        const double slope = (loss(up) - loss(down)) / (2 * h);
        CHECK(std::fabs(slope - 2 * at.gradient[k]) <=
              1e-5 * std::sqrt(at.value * at.curvature(k, k)) + 1e-7 * (1 + at.value));
        CHECK(at.gradient[k] * at.gradient[k] <= 1.0000001 * at.value * at.curvature(k, k));
      }
    }
  }
}

TEST_CASE("nothing before a clipped iterate matters to the loss") {
  const design::BandLoss loss = design::low_pass_loss(0.5);
  const Eigen::VectorXd wild = design::coefficients(Chain{{0, 0, 1e30}, {0.5, 0, 0}});
  const detail::NormalEquations at = loss.normal(wild);
  CHECK(at.curvature.allFinite());
  CHECK(at.gradient.head(3).isZero(0.0));
  CHECK(at.gradient[3] != 0.0);
  CHECK(std::isfinite(loss(wild)));
}

TEST_CASE("a fit is a minimum: better than its start and than everything about it") {
  const design::BandLoss loss = design::low_pass_loss(0.3);
  const Chain start(table_a7()[2].steps);
  const design::Designed fit = design::refine(loss, start);
  CHECK(fit.loss < loss(start));
  CHECK(fit.loss == loss(fit.chain));
  CHECK(design::refine(loss, fit.chain).loss <= fit.loss);
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (int trial = 0; trial < 200; ++trial) {
    Eigen::VectorXd theta = design::coefficients(fit.chain);
    for (double& x : theta) x *= 1.0 + 1e-3 * normal(random);
    CHECK(loss(design::chain_of(theta)) >= fit.loss);
  }
}

TEST_CASE("the chains shipped have less loss than reported, most of them less than half") {
  int halved = 0;
  for (const Printed& row : table_a7()) {
    const Chain f = chains::low_pass(row.tau);
    const design::BandLoss loss = design::low_pass_loss(row.tau);
    const auto after = [&](Rounding to) { return loss(design::rounded(f, to)); };
    INFO("tau = " << row.tau);
    CHECK(loss(f) < row.reported);
    CHECK(after(Rounding::float32) < row.reported);
    CHECK(after(Rounding::bfloat16) <= 0.0022);
    CHECK(design::is_low_pass(design::rounded(f, Rounding::bfloat16), row.tau));
    CHECK(after(Rounding::decimals3) < row.reported);
    if (loss(f) <= 0.5 * row.reported) ++halved;
    CHECK(design::refine(loss, f, 50).loss >= 0.999 * loss(f));  // they are minima
  }
  CHECK(halved >= 6);
}

TEST_CASE("the chains shipped are fit to filter matrices by") {
  for (const Printed& row : table_a7()) {
    const Chain f = chains::low_pass(row.tau);
    INFO("tau = " << row.tau);
    CHECK(design::is_low_pass(f, row.tau));
    const Range all = range(f), passed = range(f, 0.01, row.tau - 0.03);
    const Range stopped = range(f, row.tau + 0.03, 1.0);
    CHECK(all.lo >= -0.004);
    CHECK(all.hi <= 1.024);
    CHECK(passed.lo >= 0.73);  // at the ends of the band, where the fit is worst
    CHECK(stopped.hi <= 0.041);
    for (const double x : design::largest_iterates(f)) CHECK(x <= 1.4);
    CHECK(f.derivative(0.0) >= 41);
    CHECK(f.derivative(0.0) <= 166);
    for (double s = 1e-9; s < 0.01; s *= 2) CHECK(f(s) > 0.0);
  }
}

TEST_CASE("any cutoff has its low-pass, at once and without luck") {
  CHECK(chains::low_pass(0.1 + 0.2) == chains::low_pass(0.3));
  for (const double tau : {0.051, 0.08, 0.126, 0.25, 0.34, 0.45, 0.58, 0.648, 0.77, 0.86, 0.949}) {
    INFO("tau = " << tau);
    const Chain f = chains::low_pass(tau);
    CHECK(design::low_pass_loss(tau)(f) <= 0.003);
    CHECK(design::is_low_pass(f, tau));
    CHECK(f == chains::low_pass(tau));
  }
  for (const double tau : {0.0, 0.05, 0.95, 1.0, -0.1, 1e300, std::nan("")}) {
    CHECK_THROWS_AS(chains::low_pass(tau), std::invalid_argument);
  }
  CHECK_THROWS_WITH(chains::low_pass(0.05),
                    "low_pass: tau = 0.05 is not in (.05, .95), where both bands have room");
}
