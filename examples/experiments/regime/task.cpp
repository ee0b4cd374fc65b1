// SPDX-License-Identifier: Apache-2.0
#include "regime/task.hpp"

#include <Eigen/QR>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>

#include "harness/random.hpp"
#include "harness/schedule.hpp"

namespace pion::regime {
namespace {

using Eigen::Index;
using Eigen::MatrixXf;

constexpr float target_norm = 8.0F;

/// Orthonormal columns, uniformly distributed.
MatrixXf orthonormal(Index rows, Index cols, experiment::Random& random) {
  return random.gaussian(rows, cols).householderQr().householderQ() *
         MatrixXf::Identity(rows, cols);
}

/// Eigenvalues from 1 to 1 / condition, in a random basis.
MatrixXf curvature(Index size, double condition, experiment::Random& random) {
  const MatrixXf q = orthonormal(size, size, random);
  const Eigen::VectorXf logarithms =
      Eigen::VectorXf::LinSpaced(size, 0.0F, -std::log(static_cast<float>(condition)));
  return q * logarithms.array().exp().matrix().asDiagonal() * q.transpose();
}

}  // namespace

std::vector<experiment::Contender> all_contenders() {
  const experiment::Momenta m{0.9, 0.9, 0.99};
  std::vector<experiment::Contender> all = {
      adamw(m),           sgd(m), muon(m), low_pass_muon(m), above_noise(m), above_noise_or_all(m),
      low_rank_muon(m, 4)};
  for (int kp = 0; kp <= 4; ++kp) all.push_back(experiment::pion(m, kp));
  return all;
}

Task::Task(const Regime& r, std::uint64_t seed) : seed_(seed) {
  experiment::Random random(2 * seed);
  // One after the other: compilers differ in which factor of a product they make first.
  const MatrixXf v = orthonormal(r.cols, r.rank, random);
  const MatrixXf u = orthonormal(r.rows, r.rank, random);
  target_ = u * v.transpose();
  target_ *= target_norm / target_.norm();
  if (r.condition > 1.0) {
    left_ = curvature(r.rows, r.condition, random);
    right_ = curvature(r.cols, r.condition, random);
  }
  const float first = gradient(MatrixXf::Zero(r.rows, r.cols)).norm();
  noise_ = first / std::sqrt(static_cast<float>(r.snr) * static_cast<float>(r.rows * r.cols));
}

MatrixXf Task::gradient(const MatrixXf& weights) const {
  const MatrixXf away = weights - target_;
  return left_.size() == 0 ? away : MatrixXf(left_ * away * right_);
}

Training Task::train(const experiment::Contender& contender, double rate, int length,
                     const Observer& observer) const {
  experiment::Random random(2 * seed_ + 1);
  MatrixXf weights = MatrixXf::Zero(target_.rows(), target_.cols());
  const auto loss = [&] {
    return static_cast<double>((weights - target_).cwiseProduct(gradient(weights)).sum());
  };
  const double first = loss();
  experiment::Stepper stepper(contender.recipe(std::nullopt), weights.rows(), weights.cols());
  Training training;
  for (int t = 0; t < length; ++t) {
    const MatrixXf noisy =
        gradient(weights) + noise_ * random.gaussian(weights.rows(), weights.cols());
    const auto begin = std::chrono::steady_clock::now();
    const auto info = stepper.step(weights, noisy, rate * experiment::cosine_decay(t, length));
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    training.seconds.push_back(passed.count());
    training.compressed += info.direction.compressed ? 1.0 / length : 0.0;
    if ((t + 1) % recorded_every != 0) continue;
    const double error = std::sqrt(loss() / first);
    if (!(error <= 1e3)) {
      training.errors.resize(static_cast<std::size_t>(length / recorded_every),
                             std::numeric_limits<double>::infinity());
      break;
    }
    training.errors.push_back(error);
    if (observer) observer(training.errors);
  }
  training.update_rms = std::sqrt(stepper.squares() / stepper.entries());
  return training;
}

MatrixXf Task::momentum(int count) const {
  experiment::Random random(2 * seed_ + 1);
  const MatrixXf clean = gradient(MatrixXf::Zero(target_.rows(), target_.cols()));
  MatrixXf buffer = MatrixXf::Zero(target_.rows(), target_.cols());
  for (int t = 0; t < count; ++t) {
    buffer = 0.9F * buffer + clean + noise_ * random.gaussian(buffer.rows(), buffer.cols());
  }
  return buffer;
}

}  // namespace pion::regime
