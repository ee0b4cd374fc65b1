// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt, std::fabs, std::copysign
#include <string>
#include <vector>

#include <pion/design/bands.hpp>
#include <pion/design/coefficients.hpp>
#include <pion/design/designed.hpp>
#include <pion/design/least_squares.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/chain.hpp>

namespace pion::design {

/// Measures how far a chain is from 1 on its pass bands and from 0 on its stop bands: the loss of
/// Fan et al. 2026, (A56), with its weights 3, 8, 30, 30,
///
///     L = 3 mean_pass (f - 1)^2 + 8 mean_stop f^2 + 30 mean_all max(|f| - 1.02, 0)^2
///         + 30 (mean_pass max(-f, 0)^2 + mean_stop max(-f, 0)^2).
///
/// Means are over 250 equidistant samples a band, ends included, or 50 for a band that begins
/// above .95. An iterate is clipped to [-1000, 1000] before the next step. As f is odd, the
/// paper's mirrored samples repeat the positive ones, and are left out.
///
/// L is a sum of squares with one residual for each sample. The term that a sample adds to L grows
/// as f moves away from its target; the residual is the root of that term with the sign of
/// f - target, and so a monotone function of f.
class BandLoss {
 public:
  /// \throws std::invalid_argument if there is no pass band or no stop band, or one is not an
  ///         interval in [0, 1].
  BandLoss(const std::vector<Band>& pass, const std::vector<Band>& stop) {
    const double in_pass = count(pass, "pass"), in_stop = count(stop, "stop");
    const double overshoot = 30.0 / (in_pass + in_stop);
    for (const Band& band : pass) sample(band, {0, 1, 3 / in_pass, overshoot, 30 / in_pass});
    for (const Band& band : stop) sample(band, {0, 0, 8 / in_stop, overshoot, 30 / in_stop});
  }

  /// The number of residuals.
  Eigen::Index size() const { return static_cast<Eigen::Index>(samples_.size()); }

  /// Computes L of any function of sigma. Cost: one call of f a sample.
  template <class Function>
  double of(const Function& f) const {
    double loss = 0.0;
    for (const Sample& at : samples_) loss += at.term(f(at.sigma));
    return loss;
  }

  /// Computes L(f), of a chain or of its coefficients.
  /// \throws std::invalid_argument if the number of coefficients is not a multiple of 3.
  double operator()(const Chain& f) const { return of(detail::ClippedChain(f.steps())); }
  double operator()(const detail::OwnedVector<double>& theta) const {
    return of(detail::ClippedChain(detail::steps_of(theta)));
  }

  /// Computes L and the derivatives of its residuals by the coefficients, for
  /// detail::least_squares(). Where a residual has a kink the derivative is that of |f - target|.
  /// \throws std::invalid_argument if the number of coefficients is not a multiple of 3.
  detail::NormalEquations normal(const detail::OwnedVector<double>& theta) const {
    detail::ClippedChain f(detail::steps_of(theta));
    detail::NormalEquations equations(theta.size());
    detail::OwnedVector<double> row(theta.size());
    for (const Sample& at : samples_) {
      const double value = f.with_gradient(at.sigma, row);
      equations.add(at.residual(value), at.residual_slope(value), row);
    }
    return equations;
  }

 private:
  /// A point, its target (0 or 1), and the weights of the three squares.
  struct Sample {
    double sigma, target, error, overshoot, negative;

    double term(double f) const {
      const double e = f - target, over = beyond(f), below = (std::max)(-f, 0.0);
      return error * e * e + overshoot * over * over + negative * below * below;
    }
    double residual(double f) const { return std::copysign(std::sqrt(term(f)), f - target); }
    double residual_slope(double f) const {
      const double r = residual(f);
      if (r == 0.0) return std::sqrt(error);
      return (error * (f - target) + overshoot * std::copysign(beyond(f), f) +
              negative * (std::min)(f, 0.0)) /
             r;
    }
    static double beyond(double f) { return (std::max)(std::fabs(f) - 1.02, 0.0); }
  };

  static int samples_in(const Band& band) { return band.lo > 0.95 ? 50 : 250; }

  static double count(const std::vector<Band>& bands, const std::string& name) {
    int total = 0;
    for (const Band& band : bands) {
      if (!(0.0 <= band.lo && band.lo < band.hi && band.hi <= 1.0)) {
        detail::refuse_argument("BandLoss: the " + name + " band [" + detail::number_text(band.lo) +
                                ", " + detail::number_text(band.hi) +
                                "] is not an interval in [0, 1]");
      }
      total += samples_in(band);
    }
    if (total == 0) detail::refuse_argument("BandLoss: there is no " + name + " band");
    return total;
  }

  void sample(const Band& band, Sample at) {
    const int intervals = samples_in(band) - 1;
    for (int i = 0; i <= intervals; ++i) {
      at.sigma = band.lo + (band.hi - band.lo) * i / intervals;
      samples_.push_back(at);
    }
  }

  std::vector<Sample> samples_;
};

/// Finds a minimum of the loss near `start`, by Levenberg and Marquardt's method with the analytic
/// Jacobian; the result is never worse than `start`.
///
/// Cost: at most `evaluations` of the loss and of its derivatives: together some 50 us for five
/// steps and two bands.
inline Designed refine(const BandLoss& loss, const Chain& start, int evaluations = 2000) {
  const Chain end = chain_of(detail::least_squares(loss, coefficients(start), evaluations));
  return {end, loss(end)};
}

}  // namespace pion::design
