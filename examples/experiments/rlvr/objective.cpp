// SPDX-License-Identifier: Apache-2.0
#include "rlvr/objective.hpp"

#include <algorithm>
#include <cmath>

namespace pion::rlvr {
namespace {

double clipped(double ratio, double clip) { return std::clamp(ratio, 1.0 - clip, 1.0 + clip); }

/// Whether min(r a, clip(r) a) is r a: where it is not, the ratio has no say.
bool active(double ratio, double a, double clip) { return ratio * a <= clipped(ratio, clip) * a; }

}  // namespace

Eigen::VectorXd advantages(const Eigen::VectorXd& rewards) {
  const Eigen::VectorXd away = rewards.array() - rewards.mean();
  const double deviation = std::sqrt(away.squaredNorm() / static_cast<double>(away.size()));
  if (deviation == 0.0) return Eigen::VectorXd::Zero(rewards.size());
  return away / deviation;
}

Gain gain(Objective objective, const Eigen::VectorXd& now, const Eigen::VectorXd& then, double a,
          double clip) {
  const auto n = static_cast<double>(now.size());
  Gain g{0.0, Eigen::VectorXd::Zero(now.size())};
  if (a == 0.0) return g;
  if (objective == Objective::grpo) {
    for (Eigen::Index t = 0; t < now.size(); ++t) {
      const double ratio = std::exp(now(t) - then(t));
      g.value += std::min(ratio * a, clipped(ratio, clip) * a) / n;
      if (active(ratio, a, clip)) g.derivative(t) = ratio * a / n;
    }
    return g;
  }
  const double ratio = std::exp((now - then).sum());
  const double least = std::min(ratio * a, clipped(ratio, clip) * a);
  g.value = std::copysign(std::pow(std::fabs(least), 1.0 / n), a);
  if (active(ratio, a, clip)) g.derivative.setConstant(g.value / n);
  return g;
}

}  // namespace pion::rlvr
