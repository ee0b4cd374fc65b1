// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>  // std::max
#include <cmath>      // std::fabs, std::pow
#include <vector>

#include <pion/design/bands.hpp>
#include <pion/design/coefficients.hpp>
#include <pion/design/designed.hpp>
#include <pion/design/least_squares.hpp>
#include <pion/filter/chain.hpp>
#include <pion/filter/shape.hpp>  // Range, range

namespace pion::design {

/// Computes the ripple of a chain: the least e with |f - 1| <= e on the pass bands, |f| <= e on the
/// stop bands and -e <= f <= 1 + e in the gaps. It is right to rounding, for every turn of f is
/// looked at (filter/shape.hpp); certify.hpp proves such bounds.
///
/// Cost: as laps(), for each band and gap.
/// \throws std::invalid_argument if a band is not an interval in [0, 1], two overlap, or f has more
///         than 65,536 laps on one.
inline double ripple(const Chain& f, const Bands& bands) {
  double e = 0.0;
  const auto look = [&](const std::vector<Band>& where, double lo, double hi) {
    for (const Band& band : where) {
      const Range y = range(f, band.lo, band.hi);
      e = (std::max)({e, lo - y.lo, y.hi - hi});
    }
  };
  look(bands.pass, 1.0, 1.0);
  look(bands.stop, 0.0, 0.0);
  look(bands.gaps(), 0.0, 1.0);
  return e;
}

}  // namespace pion::design

namespace pion::detail {

/// Computes the sum over samples of (deviation / scale)^(2 power): the larger the power, the more
/// the largest deviation decides.
class RippleNorm {
 public:
  RippleNorm(const design::Bands& bands, double scale, double power)
      : scale_(scale), power_(power) {
    for (const design::Band& band : bands.pass) sample(band, 300, 1.0, 1.0);
    for (const design::Band& band : bands.stop) sample(band, 300, 0.0, 0.0);
    for (const design::Band& band : bands.gaps()) sample(band, 40, 0.0, 1.0);
  }

  double operator()(const OwnedVector<double>& theta) const {
    const ClippedChain f(steps_of(theta));
    double sum = 0.0;
    for (const Sample& at : samples_) {
      sum += std::pow(std::fabs(at.deviation(f(at.sigma))) / scale_, 2.0 * power_);
    }
    return sum;
  }

  NormalEquations normal(const OwnedVector<double>& theta) const {
    ClippedChain f(steps_of(theta));
    NormalEquations equations(theta.size());
    OwnedVector<double> row(theta.size());
    for (const Sample& at : samples_) {
      const double off = at.deviation(f.with_gradient(at.sigma, row)) / scale_;
      if (off == 0.0) continue;
      const double slope = std::pow(std::fabs(off), power_ - 1.0);
      equations.add(off * slope, power_ * slope / scale_, row);
    }
    return equations;
  }

 private:
  struct Sample {
    double sigma, lo, hi;
    double deviation(double f) const { return f > hi ? f - hi : f < lo ? f - lo : 0.0; }
  };

  /// Denser towards the ends, where a filter turns more often.
  void sample(const design::Band& band, int count, double lo, double hi) {
    for (int i = 0; i <= count; ++i) {
      const double u = static_cast<double>(i) / count;
      samples_.push_back({band.lo + (band.hi - band.lo) * u * u * (3.0 - 2.0 * u), lo, hi});
    }
  }

  double scale_, power_;
  std::vector<Sample> samples_;
};

}  // namespace pion::detail

namespace pion::design {

/// Finds a chain of less ripple near `start`, all steps moved together; its loss is its ripple, and
/// is never worse than that of `start`.
///
/// The maximum is approached by p-norms, p = 8 to 64, each a least-squares problem that begins
/// where the one before it ended. A local minimum: what the start is decides which.
///
/// Cost: some 15 ms for five steps and two bands.
/// \throws std::invalid_argument if a band is not an interval in [0, 1], two overlap, or a chain on
///         the way has more than 65,536 laps on one.
inline Designed equiripple(const Bands& bands, const Chain& start) {
  Designed best{start, ripple(start, bands)};
  detail::OwnedVector<double> theta = coefficients(start);
  for (const double power : {4.0, 8.0, 16.0, 32.0}) {
    if (!(best.loss > 0.0)) break;
    theta = detail::least_squares(detail::RippleNorm(bands, best.loss, power), theta, 40);
    const Designed found{chain_of(theta), ripple(chain_of(theta), bands)};
    if (found.loss < best.loss) best = found;
  }
  return best;
}

}  // namespace pion::design
