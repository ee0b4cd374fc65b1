// SPDX-License-Identifier: Apache-2.0
#include "pion/lbfgsb.hpp"

#include <LBFGSB.h>

#include <cmath>
#include <exception>
#include <pion/chains.hpp>
#include <random>

namespace pion::tool {

std::optional<design::Fit> lbfgsb_trial(const design::BandLoss& loss, int steps, int trial,
                                        std::uint64_t seed) {
  std::seed_seq seeds{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U),
                      static_cast<std::uint32_t>(trial)};
  std::mt19937_64 random(seeds);
  std::normal_distribution<double> noise(0.0, 0.25);
  const Chain warm = Chain{{1, 0, 0}}.then(repeat(chains::promotion, steps - 1));
  Eigen::VectorXd theta = design::coefficients(warm);
  for (double& coefficient : theta) coefficient += trial == 0 ? 0.0 : noise(random);

  // The best point seen, for a line search that fails throws it away.
  Eigen::VectorXd best = theta;
  double least = loss(theta);
  const auto with_gradient = [&](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    const double value = loss(x);
    Eigen::VectorXd moved = x;
    for (Eigen::Index k = 0; k < x.size(); ++k) {
      constexpr double step = 1.4901161193847656e-8;  // the square root of epsilon, as SciPy's
      moved[k] = x[k] + step;
      gradient[k] = (loss(moved) - value) / (moved[k] - x[k]);
      moved[k] = x[k];
    }
    if (value < least) {
      least = value;
      best = x;
    }
    return value;
  };
  LBFGSpp::LBFGSBParam<double> parameters;
  parameters.m = 10;
  parameters.max_iterations = 2000;
  parameters.epsilon = 1e-9;
  parameters.epsilon_rel = 0.0;
  parameters.past = 1;
  parameters.delta = 1e-12;
  parameters.max_linesearch = 50;
  LBFGSpp::LBFGSBSolver<double> solver(parameters);
  const Eigen::VectorXd bound = Eigen::VectorXd::Constant(theta.size(), HUGE_VAL);
  try {
    double value = 0.0;
    solver.minimize(with_gradient, theta, value, -bound, bound);
  } catch (const std::exception&) {
    // No descent left along the line: the finite differences are noise there.
  }
  if (!std::isfinite(least) || !best.allFinite()) return std::nullopt;
  return design::Fit{design::chain_of(best), least};
}

}  // namespace pion::tool
