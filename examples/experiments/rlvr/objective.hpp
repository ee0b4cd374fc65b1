// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace pion::rlvr {

enum class Objective { grpo, gmpo };

/// Of a group of responses: (reward - mean) / deviation, all zero where the rewards are equal.
Eigen::VectorXd advantages(const Eigen::VectorXd& rewards);

/// What a response of advantage `a` adds to the objective, from the log-probabilities of its tokens
/// now and when it was sampled, and the derivative in each of those now. Fan et al. 2026, the inner
/// parts of (A3) and (A4), without the mean over the group.
struct Gain {
  double value = 0.0;
  Eigen::VectorXd derivative;
};
Gain gain(Objective objective, const Eigen::VectorXd& now, const Eigen::VectorXd& then, double a,
          double clip = 0.2);

}  // namespace pion::rlvr
