// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>  // std::clamp, std::max, std::min
#include <cmath>      // std::sqrt, std::fabs, std::copysign
#include <cstddef>    // std::size_t
#include <string>
#include <vector>

#include <pion/chain.hpp>
#include <pion/detail/check.hpp>
#include <pion/laps.hpp>  // Range

namespace pion::detail {

/// The quintics whose coefficients stand in a row; finite or not.
inline std::vector<OddQuintic> steps_of(const Eigen::VectorXd& theta) {
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

}  // namespace pion::detail

namespace pion::design {

/// The coefficients of a chain in one vector, a1 b1 c1 a2 ..., as solvers want them; and back.
inline Eigen::VectorXd coefficients(const Chain& f) {
  Eigen::VectorXd theta(3 * f.size());
  Eigen::Index i = 0;
  for (const OddQuintic& p : f.steps()) {
    for (const double coefficient : {p.a, p.b, p.c}) theta[i++] = coefficient;
  }
  return theta;
}

/// \throws std::invalid_argument if the length is not a multiple of 3, or an entry is not finite.
inline Chain chain_of(const Eigen::VectorXd& theta) { return Chain(detail::steps_of(theta)); }

/// How far a chain is from 1 on its pass bands and from 0 on its stop bands: the loss of Fan et
/// al. 2026, (A56), with its weights 3, 8, 30, 30,
///
///     L = 3 mean_pass (f - 1)^2 + 8 mean_stop f^2 + 30 mean_all max(|f| - 1.02, 0)^2
///         + 30 (mean_pass max(-f, 0)^2 + mean_stop max(-f, 0)^2).
///
/// Means are over 250 equidistant samples a band, ends included, or 50 for a band that begins
/// above .95. An iterate is clipped to [-1000, 1000] before the next step. As f is odd, the
/// paper's mirrored samples repeat the positive ones, and are left out.
///
/// L is a sum of squares with one residual a sample: what a sample adds to L grows as f moves away
/// from its target, so the root of it, with the sign of f - target, is a monotone function of f.
class BandLoss {
 public:
  /// \throws std::invalid_argument if there is no pass band or no stop band, or one is not an
  ///         interval in [0, 1].
  BandLoss(const std::vector<Range>& pass, const std::vector<Range>& stop) {
    const double in_pass = count(pass, "pass"), in_stop = count(stop, "stop");
    const double overshoot = 30.0 / (in_pass + in_stop);
    for (const Range& band : pass) sample(band, {0, 1, 3 / in_pass, overshoot, 30 / in_pass});
    for (const Range& band : stop) sample(band, {0, 0, 8 / in_stop, overshoot, 30 / in_stop});
  }

  /// The number of residuals.
  Eigen::Index size() const { return static_cast<Eigen::Index>(samples_.size()); }

  /// L(f). Cost: one evaluation of f a sample.
  double operator()(const Chain& f) const {
    double loss = 0.0;
    for (const Sample& at : samples_) {
      double x = at.sigma;
      for (const OddQuintic& p : f.steps()) x = p(clipped(x));
      loss += at.term(clipped(x));
    }
    return loss;
  }

  /// The residuals at the coefficients `theta`; L is the sum of their squares.
  void residuals(const Eigen::VectorXd& theta, Eigen::VectorXd& r) const {
    const std::vector<OddQuintic> steps = detail::steps_of(theta);
    r.resize(size());
    Eigen::Index row = 0;
    for (const Sample& at : samples_) {
      double x = at.sigma;
      for (const OddQuintic& p : steps) x = p(clipped(x));
      r[row++] = at.residual(clipped(x));
    }
  }

  /// The derivative of residual i by coefficient j in row i, column j. Where an iterate is clipped
  /// nothing before it matters; where a residual has a kink the derivative is that of |f - target|.
  void jacobian(const Eigen::VectorXd& theta, Eigen::MatrixXd& j) const {
    const std::vector<OddQuintic> steps = detail::steps_of(theta);
    j.resize(size(), theta.size());
    std::vector<double> entering(steps.size());  // what each step is applied to
    for (Eigen::Index row = 0; row < size(); ++row) {
      const Sample& at = samples_[static_cast<std::size_t>(row)];
      double x = at.sigma;
      for (std::size_t k = 0; k < entering.size(); ++k) {
        entering[k] = x;
        x = steps[k](clipped(x));
      }
      double slope = at.residual_slope(clipped(x)) * clipped_slope(x);
      for (std::size_t k = entering.size(); k-- > 0;) {
        const double y = clipped(entering[k]), square = y * y;
        const Eigen::Index column = 3 * static_cast<Eigen::Index>(k);
        j(row, column) = slope * y;
        j(row, column + 1) = slope * y * square;
        j(row, column + 2) = slope * y * square * square;
        slope *= steps[k].derivative(y) * clipped_slope(entering[k]);
      }
    }
  }

 private:
  static constexpr double clip = 1000.0;
  static double clipped(double x) { return std::clamp(x, -clip, clip); }
  static double clipped_slope(double x) { return std::fabs(x) < clip ? 1.0 : 0.0; }

  /// A point, its target (0 or 1), and the weights of the three squares.
  struct Sample {
    double sigma, target, error, overshoot, negative;

    double term(double f) const {
      const double e = f - target, over = beyond(f), below = std::max(-f, 0.0);
      return error * e * e + overshoot * over * over + negative * below * below;
    }
    double residual(double f) const { return std::copysign(std::sqrt(term(f)), f - target); }
    double residual_slope(double f) const {
      const double r = residual(f);
      if (r == 0.0) return std::sqrt(error);
      return (error * (f - target) + overshoot * std::copysign(beyond(f), f) +
              negative * std::min(f, 0.0)) /
             r;
    }
    static double beyond(double f) { return std::max(std::fabs(f) - 1.02, 0.0); }
  };

  static int samples_in(const Range& band) { return band.lo > 0.95 ? 50 : 250; }

  static double count(const std::vector<Range>& bands, const std::string& name) {
    int total = 0;
    for (const Range& band : bands) {
      if (!(0.0 <= band.lo && band.lo < band.hi && band.hi <= 1.0)) {
        detail::refuse_argument("BandLoss: the " + name + " band [" + std::to_string(band.lo) +
                                ", " + std::to_string(band.hi) + "] is not an interval in [0, 1]");
      }
      total += samples_in(band);
    }
    if (total == 0) detail::refuse_argument("BandLoss: there is no " + name + " band");
    return total;
  }

  void sample(const Range& band, Sample at) {
    const int intervals = samples_in(band) - 1;
    for (int i = 0; i <= intervals; ++i) {
      at.sigma = band.lo + (band.hi - band.lo) * i / intervals;
      samples_.push_back(at);
    }
  }

  std::vector<Sample> samples_;
};

}  // namespace pion::design
