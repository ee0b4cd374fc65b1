// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <random>

namespace pion::experiment {

/// Numbers of one seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  float normal() { return normal_(engine_); }
  double uniform() { return uniform_(engine_); }

  /// From 0 to count - 1.
  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(engine_); }

  Eigen::MatrixXf gaussian(Eigen::Index rows, Eigen::Index cols) {
    return Eigen::MatrixXf::NullaryExpr(rows, cols, [this] { return normal(); });
  }

  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
  std::normal_distribution<float> normal_;
  std::uniform_real_distribution<double> uniform_{0.0, 1.0};
};

}  // namespace pion::experiment
