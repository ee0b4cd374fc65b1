// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>

namespace pion::experiment {

/// Numbers of one seed. Normal ones are the same with every standard library, which
/// std::normal_distribution does not promise.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// By the polar method (Marsaglia and Bray 1964), which makes two at a time.
  float normal() {
    if (kept_) {
      const float second = *kept_;
      kept_.reset();
      return second;
    }
    for (;;) {
      const float x = 2.0F * unit() - 1.0F;
      const float y = 2.0F * unit() - 1.0F;
      const float square = x * x + y * y;
      if (square > 1.0F || square == 0.0F) continue;
      const float stretch = std::sqrt(-2.0F * std::log(square) / square);
      kept_ = stretch * x;
      return stretch * y;
    }
  }

  double uniform() { return uniform_(engine_); }

  /// From 0 to count - 1.
  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(engine_); }

  Eigen::MatrixXf gaussian(Eigen::Index rows, Eigen::Index cols) {
    return Eigen::MatrixXf::NullaryExpr(rows, cols, [this] { return normal(); });
  }

  std::mt19937_64& engine() { return engine_; }

 private:
  /// In [0, 1).
  float unit() {
    constexpr float below_one = 1.0F - 0x1p-24F;  // as 64 bits may be rounded up
    return (std::min)(static_cast<float>(engine_()) * 0x1p-64F, below_one);
  }

  std::mt19937_64 engine_;
  std::optional<float> kept_;  // the second of two normal numbers
  std::uniform_real_distribution<double> uniform_{0.0, 1.0};
};

}  // namespace pion::experiment
