// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>  // std::any_of, std::sort
#include <cmath>      // std::exp2, std::fabs, std::isfinite
#include <cstddef>    // std::size_t
#include <cstdint>    // std::uint64_t
#include <functional>
#include <random>
#include <string>
#include <unsupported/Eigen/NonLinearOptimization>
#include <vector>

#include <pion/chains.hpp>
#include <pion/design/band_loss.hpp>

namespace pion::design {

/// A chain, and its loss.
struct Fit {
  Chain chain;
  double loss = 0.0;
};

/// How a minimum is sought. The same options give the same chain on the same machine; elsewhere
/// another order of summation may lead to another minimum.
struct FitOptions {
  int steps = 5;
  int starts = 40;  ///< from the warm start of Alg. 4, and from points about it
  int hops = 40;    ///< from the best minima so far, each perturbed
  std::uint64_t seed = 1;
  /// Which minima count; all of them where it is empty.
  std::function<bool(const Chain&)> admits;
};

/// The minimum of the loss near `start`, by Levenberg-Marquardt (MINPACK's lmder, from Eigen's
/// unsupported NonLinearOptimization) with the analytic Jacobian; never worse than `start`.
///
/// Cost: at most `evaluations` of the loss and of its Jacobian, each with one QR factorisation of
/// size() x 3 steps: together some .1 ms for five steps and two bands.
inline Fit refine(const BandLoss& loss, const Chain& start, int evaluations = 2000) {
  struct Problem {
    const BandLoss& loss;
    int operator()(const Eigen::VectorXd& theta, Eigen::VectorXd& r) const {
      loss.residuals(theta, r);
      return 0;
    }
    int df(const Eigen::VectorXd& theta, Eigen::MatrixXd& j) const {
      loss.jacobian(theta, j);
      return 0;
    }
    int values() const { return static_cast<int>(loss.size()); }
  };
  Problem problem{loss};
  Eigen::LevenbergMarquardt<Problem> solver(problem);
  solver.parameters.maxfev = evaluations;
  solver.parameters.ftol = solver.parameters.xtol = 1e-10;
  Eigen::VectorXd theta = coefficients(start);
  solver.minimize(theta);
  const Chain end = chain_of(theta);
  return {end, loss(end)};
}

/// A chain of small loss, from many starts: first as Alg. 4 of Fan et al. 2026 has them, the
/// identity and then promotions, with noise of deviation .25 on the coefficients of all starts but
/// the first, and .4 on every other one; then hops, from a chain drawn from the best eight, with
/// relative noise between .005 and .5. What is best so far at the end is refined.
///
/// Cost: some 10 ms a start or hop for five steps.
/// \throws std::invalid_argument unless steps and starts are positive and hops is not negative;
///         std::domain_error if no start leads to a minimum that is admitted.
inline Fit fit(const BandLoss& loss, const FitOptions& options = {}) {
  if (options.steps < 1 || options.starts < 1 || options.hops < 0) {
    detail::refuse_argument("fit: steps = " + std::to_string(options.steps) +
                            ", starts = " + std::to_string(options.starts) +
                            ", hops = " + std::to_string(options.hops) + " is out of range");
  }
  constexpr std::size_t kept = 8;
  constexpr int evaluations = 150;  // a start that has not got near a minimum by then is poor
  std::mt19937_64 random(options.seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;

  std::vector<Fit> best;  // ascending, distinct
  const auto consider = [&](const Fit& found) {
    if (!std::isfinite(found.loss)) return;
    if (best.size() == kept && found.loss >= best.back().loss) return;
    if (options.admits && !options.admits(found.chain)) return;
    const auto same = [&found](const Fit& other) {
      return std::fabs(found.loss - other.loss) <= 1e-6 * other.loss;
    };
    if (std::any_of(best.begin(), best.end(), same)) return;
    best.push_back(found);
    std::sort(best.begin(), best.end(),
              [](const Fit& one, const Fit& two) { return one.loss < two.loss; });
    if (best.size() > kept) best.pop_back();
  };

  const Eigen::VectorXd warm =
      coefficients(Chain{{1, 0, 0}}.then(repeat(chains::promotion, options.steps - 1)));
  for (int i = 0; i < options.starts; ++i) {
    Eigen::VectorXd theta = warm;
    const double deviation = i == 0 ? 0.0 : (i % 2 == 1 ? 0.25 : 0.4);
    for (double& coefficient : theta) coefficient += deviation * normal(random);
    if (!(loss(chain_of(theta)) < 1e6)) continue;  // clipped: there is no slope to go down
    consider(refine(loss, chain_of(theta), evaluations));
  }
  for (int i = 0; i < options.hops && !best.empty(); ++i) {
    const auto from = static_cast<std::size_t>(uniform(random) * static_cast<double>(best.size()));
    Eigen::VectorXd theta = coefficients(best[from].chain);
    const double deviation = std::exp2(-7.6 + 6.6 * uniform(random));
    for (double& coefficient : theta) coefficient *= 1.0 + deviation * normal(random);
    consider(refine(loss, chain_of(theta), evaluations));
  }
  const std::vector<Fit> ends = best;
  for (const Fit& end : ends) consider(refine(loss, end.chain));
  if (best.empty()) {
    detail::refuse_values("fit: none of " + std::to_string(options.starts) +
                          " starts leads to a chain that is admitted");
  }
  return best.front();
}

}  // namespace pion::design
