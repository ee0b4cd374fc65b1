// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/jobs/lbfgsb.hpp"

#include <LBFGSB.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <pion/filter/chains.hpp>
#include <random>
#include <stdexcept>

namespace pion::tool {
namespace {

/// A step that meets the weak Wolfe conditions, by doubling and bisection (Lewis and Overton 2013,
/// Nonsmooth optimization via quasi-Newton methods). LBFGSpp's own search, after More and Thuente,
/// gives up in the very first iteration from most starts: the loss has kinks, and is flat where
/// iterates are clipped.
template <class Scalar>
struct WeakWolfe {
  using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
  using Parameters = LBFGSpp::LBFGSBParam<Scalar>;

  template <class Function>
  static void LineSearch(Function& f, const Parameters& parameters, const Vector& from,
                         const Vector& way, const Scalar& longest, Scalar& step, Scalar& value,
                         Vector& gradient, Scalar& slope, Vector& x) {
    const Scalar value_at_from = value, slope_at_from = slope;
    Scalar lo = 0, hi = HUGE_VAL;
    for (int i = 0; i < parameters.max_linesearch && slope_at_from < 0; ++i) {
      x = from + step * way;
      value = f(x, gradient);
      slope = gradient.dot(way);
      if (!(value <= value_at_from + parameters.ftol * step * slope_at_from)) {
        hi = step;
      } else if (slope < parameters.wolfe * slope_at_from && step < longest) {
        lo = step;
      } else {
        return;
      }
      step = std::isfinite(hi) ? (lo + hi) / 2 : std::min(longest, 2 * step);
    }
    throw std::runtime_error("no step along the line is good enough");
  }

  /// As LBFGSpp 0.1 calls it.
  template <class Function>
  static void LineSearch(Function& f, Scalar& value, Vector& x, Vector& gradient, Scalar& step,
                         const Scalar& longest, const Vector& way, const Vector& from,
                         const Parameters& parameters) {
    Scalar slope = gradient.dot(way);
    LineSearch(f, parameters, from, way, longest, step, value, gradient, slope, x);
  }
};

}  // namespace

std::optional<design::Designed> lbfgsb_trial(const design::BandLoss& loss, int steps, int trial,
                                             std::uint64_t seed) {
  std::seed_seq seeds{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U),
                      static_cast<std::uint32_t>(trial)};
  std::mt19937_64 random(seeds);
  std::normal_distribution<double> noise(0.0, 0.25);
  const Chain warm = Chain{{1, 0, 0}}.then(repeat(chains::promotion, steps - 1));
  Eigen::VectorXd theta = design::coefficients(warm);
  for (double& coefficient : theta) coefficient += trial == 0 ? 0.0 : noise(random);

  // The best point seen: a line search that fails ends elsewhere.
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
  LBFGSpp::LBFGSBSolver<double, WeakWolfe> solver(parameters);
  const Eigen::VectorXd bound = Eigen::VectorXd::Constant(theta.size(), HUGE_VAL);
  // Where no step is good enough it forgets the curvature and begins again, as SciPy's does.
  double before = HUGE_VAL;
  for (int beginnings = 0; beginnings < 40 && least < (1.0 - 1e-9) * before; ++beginnings) {
    before = least;
    theta = best;
    try {
      double value = 0.0;
      solver.minimize(with_gradient, theta, value, -bound, bound);
      break;
    } catch (const std::exception&) {
    }
  }
  if (!std::isfinite(least) || !best.allFinite()) return std::nullopt;
  return design::Designed{design::chain_of(best), least};
}

}  // namespace pion::tool
