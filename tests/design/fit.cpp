// SPDX-License-Identifier: Apache-2.0
// Covers its own header and design/least_squares.hpp.
// Searches: fits are minima, the same for the same seed, and can be left and resumed.

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include <pion/design/fit.hpp>
#include <pion/design/low_pass.hpp>
#include <pion/filter/shape.hpp>

#include "support/catch.hpp"

using namespace pion;

TEST_CASE("the least-squares solver reaches the minimum where that is known") {
  // A linear problem, whose minimum solves the normal equations, and Rosenbrock's valley.
  struct Line {
    double operator()(const Eigen::VectorXd& x) const { return normal(x).value; }
    detail::NormalEquations normal(const Eigen::VectorXd& x) const {
      detail::NormalEquations e(2);
      for (int i = 0; i < 10; ++i) {
        const double t = 0.1 * i;
        e.add(x[0] + x[1] * t - (3 - 2 * t), 1.0, Eigen::Vector2d(1.0, t));
      }
      return e;
    }
  };
  const Eigen::VectorXd line = detail::least_squares(Line{}, Eigen::Vector2d(-50, 80), 60);
  CHECK((line - Eigen::Vector2d(3, -2)).norm() <= 1e-6);
  struct Valley {
    double operator()(const Eigen::VectorXd& x) const { return normal(x).value; }
    detail::NormalEquations normal(const Eigen::VectorXd& x) const {
      detail::NormalEquations e(2);
      e.add(10 * (x[1] - x[0] * x[0]), 1.0, Eigen::Vector2d(-20 * x[0], 10));
      e.add(1 - x[0], 1.0, Eigen::Vector2d(-1, 0));
      return e;
    }
  };
  const Eigen::VectorXd end = detail::least_squares(Valley{}, Eigen::Vector2d(-1.2, 1), 200);
  CHECK((end - Eigen::Vector2d(1, 1)).norm() <= 1e-4);
  // With no evaluations to spend, or nothing to gain, it stays.
  CHECK(detail::least_squares(Valley{}, Eigen::Vector2d(-1.2, 1), 1) == Eigen::Vector2d(-1.2, 1));
  CHECK(detail::least_squares(Valley{}, Eigen::Vector2d(1, 1), 99) == Eigen::Vector2d(1, 1));
}

TEST_CASE("a few starts fit a cutoff that is not in the table, the same for the same seed") {
  design::FitOptions options;
  options.starts = options.hops = 16;
  const design::Designed one = design::fit_low_pass(0.35, options);
  const design::Designed two = design::fit_low_pass(0.35, options);
  CHECK(one.chain == two.chain);
  CHECK(one.loss < 0.05);  // .0003 from most seeds, .04 from the least lucky of twelve
  CHECK(design::is_low_pass(one.chain, 0.35));
  options.steps = 3;
  CHECK(design::fit_low_pass(0.5, options).chain.size() == 3);
}

TEST_CASE("a search that is left and gone on with ends as one that was not") {
  const design::BandLoss loss = design::low_pass_loss(0.6);
  design::FitOptions options;
  options.steps = 4;
  options.starts = 6;
  options.hops = 8;
  const Chain whole = design::fit(loss, options).chain;
  for (const int left : {0, 1, 5, 6, 9, 14}) {
    design::Search first(loss, options);
    while (first.trials() < left) first.advance();
    design::Search second(loss, options, first.trials(), first.best());
    while (!second.done()) second.advance();
    CHECK(second.minima().front().chain == whole);
  }
  CHECK_THROWS_AS(design::Search(loss, options, 15), std::invalid_argument);
  CHECK_THROWS_AS(design::Search(loss, options, -1), std::invalid_argument);
}

TEST_CASE("no two starts of a search are the same") {
  design::FitOptions options;
  options.starts = 12;
  options.hops = 0;
  design::Search search(design::low_pass_loss(0.6), options);
  while (!search.done()) search.advance();
  CHECK(search.best().size() > 3);
}

TEST_CASE("the same loss and search fit any bands: a high-pass and a band-pass") {
  design::FitOptions options;
  options.starts = options.hops = 16;
  CHECK(design::fit(design::BandLoss({{0.53, 1.0}}, {{0.0, 0.47}}), options).loss < 0.02);
  CHECK(design::fit(design::BandLoss({{0.33, 0.57}}, {{0.0, 0.27}, {0.63, 1.0}}), options).loss <
        0.02);
}

TEST_CASE("what cannot be fitted is refused") {
  for (const double tau : {0.05, 0.95, -0.1, 2.0, std::nan("")}) {
    CHECK_THROWS_AS(design::fit_low_pass(tau), std::invalid_argument);
  }
  design::FitOptions none;
  none.starts = 0;
  CHECK_THROWS_AS(design::fit_low_pass(0.5, none), std::invalid_argument);
  design::FitOptions picky;
  picky.starts = picky.hops = 2;
  picky.admits = [](const Chain&) { return false; };
  CHECK_THROWS_AS(design::fit_low_pass(0.5, picky), std::domain_error);
  CHECK_THROWS_AS(design::BandLoss({}, {{0.5, 1.0}}), std::invalid_argument);
  CHECK_THROWS_AS(design::BandLoss({{0.1, 0.4}}, {{0.5, 1.1}}), std::invalid_argument);
  CHECK_THROWS_AS(design::BandLoss({{0.4, 0.4}}, {{0.5, 1.0}}), std::invalid_argument);
  CHECK_THROWS_AS(design::chain_of(Eigen::VectorXd::Ones(4)), std::invalid_argument);
}
