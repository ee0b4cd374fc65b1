// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp
#include <cmath>      // std::fabs
#include <cstddef>    // std::size_t
#include <string>
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>
#include <pion/filter/chain.hpp>

namespace pion::design {

/// Puts the coefficients of a chain in one vector, a1 b1 c1 a2 ..., as solvers want them;
/// chain_of() is the way back.
inline detail::OwnedVector<double> coefficients(const Chain& f) {
  detail::OwnedVector<double> theta(3 * f.size());
  Eigen::Index i = 0;
  for (const OddQuintic& p : f.steps()) {
    for (const double coefficient : {p.a, p.b, p.c}) theta[i++] = coefficient;
  }
  return theta;
}

}  // namespace pion::design

namespace pion::detail {

/// Makes quintics of coefficients that stand in a row, finite or not.
/// \throws std::invalid_argument if the length is not a multiple of 3.
inline std::vector<OddQuintic> steps_of(const OwnedVector<double>& theta) {
  if (theta.size() % 3 != 0) {
    refuse_argument("chain_of: " + std::to_string(theta.size()) +
                    " coefficients are not a list of quintics");
  }
  std::vector<OddQuintic> steps;
  for (Eigen::Index i = 0; i < theta.size(); i += 3) {
    steps.push_back({theta[i], theta[i + 1], theta[i + 2]});
  }
  return steps;
}

/// A chain as a function of its coefficients, for solvers that try wild ones: every iterate is
/// clipped to [-1000, 1000] (Fan et al. 2026, App. L). Where an iterate is clipped, the derivatives
/// by the coefficients before it are 0.
class ClippedChain {
 public:
  explicit ClippedChain(std::vector<OddQuintic> steps)
      : steps_(std::move(steps)), entering_(steps_.size()) {}

  double operator()(double x) const {
    for (const OddQuintic& p : steps_) x = p(clipped(x));
    return clipped(x);
  }

  /// Computes the value at s, and its derivative by each coefficient into `row`, which has the size
  /// of the coefficients.
  double with_gradient(double s, OwnedVector<double>& row) {
    double x = s;
    for (std::size_t k = 0; k < steps_.size(); ++k) {
      entering_[k] = x;
      x = steps_[k](clipped(x));
    }
    double slope = clipped_slope(x);
    for (std::size_t k = steps_.size(); k-- > 0;) {
      const double y = clipped(entering_[k]), square = y * y;
      const Eigen::Index at = 3 * static_cast<Eigen::Index>(k);
      row[at] = slope * y;
      row[at + 1] = slope * y * square;
      row[at + 2] = slope * y * square * square;
      slope *= steps_[k].derivative(y) * clipped_slope(entering_[k]);
    }
    return clipped(x);
  }

 private:
  static constexpr double clip = 1000.0;
  static double clipped(double x) { return std::clamp(x, -clip, clip); }
  static double clipped_slope(double x) { return std::fabs(x) < clip ? 1.0 : 0.0; }

  std::vector<OddQuintic> steps_;
  std::vector<double> entering_;  // what each step is applied to
};

}  // namespace pion::detail

namespace pion::design {

/// Makes the chain whose coefficients stand in a row.
/// \throws std::invalid_argument if the length is not a multiple of 3, or an entry is not finite.
inline Chain chain_of(const detail::OwnedVector<double>& theta) {
  return Chain(detail::steps_of(theta));
}

}  // namespace pion::design
