// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <vector>

#include "harness/contender.hpp"

/// A matrix that is learned from noisy gradients, where rank and noise of the signal are known.
namespace pion::regime {

struct Regime {
  Eigen::Index rows = 64;
  Eigen::Index cols = 64;
  Eigen::Index rank = 1;   ///< Of the target.
  double snr = 1.0;        ///< ||first gradient||_F^2 / E ||noise||_F^2.
  double condition = 1.0;  ///< Of the curvature on either side.
};

inline constexpr int steps = 150;
inline constexpr int recorded_every = 3;

/// What came of one run.
struct Training {
  std::vector<double> errors;   ///< After every third step; infinite once one exceeds 1000.
  std::vector<double> seconds;  ///< Of each step, without gradient and loss.
  double compressed = 0.0;      ///< The part of the steps that took the low-rank method.
  double update_rms = 0.0;      ///< Root mean square of the entries of all updates.
};

/// The optimisers of the map.
std::vector<experiment::Contender> all_contenders();

/// Is told the errors so far, each time that there is another.
using Observer = std::function<void(const std::vector<double>& errors)>;

/// The loss tr(B (W - W*) A (W - W*)^T) / 2 of a W that begins at 0. ||W*||_F = 8, in `rank` equal
/// singular values with random singular vectors. A and B are symmetric with random eigenvectors and
/// eigenvalues from 1 down to 1 / condition, evenly spaced on a logarithmic scale: the gradient is
/// W - W* where the condition is 1. Each gradient comes with Gaussian noise of its own, the same
/// for every optimiser.
class Task {
 public:
  Task(const Regime& regime, std::uint64_t seed);

  /// The error is sqrt(loss / first loss). The learning rate decays along a cosine.
  Training train(const experiment::Contender& contender, double rate, int length = steps,
                 const Observer& observer = {}) const;

  /// The heavy-ball momentum (.9) of `count` gradients at the start.
  Eigen::MatrixXf momentum(int count) const;

 private:
  Eigen::MatrixXf gradient(const Eigen::MatrixXf& weights) const;  // without noise

  Eigen::MatrixXf target_;
  Eigen::MatrixXf left_;   // B; empty for the identity
  Eigen::MatrixXf right_;  // A
  float noise_;            // deviation of an entry
  std::uint64_t seed_;
};

}  // namespace pion::regime
