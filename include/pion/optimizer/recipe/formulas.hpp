// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::pow, std::sqrt

#include <pion/detail/host_device.hpp>

/// The formulas of the parts that remember something, for single numbers: written once, called by
/// the parts on the host (parts/) and by kernels (cuda/part_bodies.hpp). nvcc reads this header, so
/// it leaves Eigen out. The parts have the meaning.
namespace pion::optimizer {

/// Says where an epsilon keeps a root from 0.
enum class Epsilon {
  outside,  ///< sqrt(v) + epsilon
  inside,   ///< sqrt(v + epsilon)
  clamp,    ///< sqrt(max(v, epsilon))
};

/// Says how large a direction is after it was divided.
enum class Renormalize {
  none,  ///< As it comes.
  norm,  ///< It keeps its Frobenius norm.
  rms,   ///< Its root mean square becomes a given number.
};

namespace formulas {

/// The sign of x, 0 for 0.
struct SignOf {
  /// Of one number.
  template <class T>
  PION_HOST_DEVICE T operator()(T x) const {
    return T(x > T(0)) - T(x < T(0));
  }
};

/// x within [-limit, limit].
template <class T>
PION_HOST_DEVICE T clipped(T x, T limit) {
  return x > limit ? limit : x < -limit ? -limit : x;
}

/// A running mean of squares, and the division by its root.
struct MeanSquare {
  double beta;         ///< The weight of the past.
  double epsilon;      ///< What keeps the root from 0.
  Epsilon epsilon_at;  ///< Where.

  /// The mean after a step that saw the mean square `square`.
  template <class T>
  PION_HOST_DEVICE T next(T v, T square) const {
    return static_cast<T>(beta) * v + static_cast<T>(1.0 - beta) * square;
  }
  /// o over the root of v. 0 / 0, of an entry that has always been 0, is 0.
  template <class T>
  PION_HOST_DEVICE T quotient(T o, T v) const {
    const T root = divisor(v);
    return root > T(0) ? o / root : T(0);
  }

 private:
  template <class T>
  PION_HOST_DEVICE T divisor(T v) const {
    using std::sqrt;
    const auto e = static_cast<T>(epsilon);
    switch (epsilon_at) {
      case Epsilon::inside: return sqrt(v + e);
      case Epsilon::clamp: return sqrt(v > e ? v : e);
      case Epsilon::outside: break;
    }
    return sqrt(v) + e;
  }
};

/// Sets the size of a direction that was divided.
struct Resize {
  Renormalize how;  ///< What the size is set to.
  double rms;       ///< With Renormalize::rms.
  double epsilon;   ///< Added to the norm that is divided by.

  /// What the direction is multiplied by, from the norms before and after the division.
  PION_HOST_DEVICE double factor(double before, double after, double entries) const {
    using std::sqrt;
    if (how == Renormalize::none || after == 0.0) return 1.0;
    const double size = how == Renormalize::norm ? before : rms * sqrt(entries);
    return size / (after + epsilon);
  }
};

/// A gradient corrected by its change, and held to the norm 1.
struct GradientChange {
  double weight;  ///< Of the change.
  bool clip;      ///< Whether it is held to the norm 1.

  /// One entry.
  template <class T>
  PION_HOST_DEVICE T corrected(T now, T last) const {
    return now + static_cast<T>(weight) * (now - last);
  }
  /// What the corrected gradient of that norm is multiplied by.
  PION_HOST_DEVICE double clip_factor(double norm) const {
    return clip && norm > 1.0 ? 1.0 / norm : 1.0;
  }
};

/// The sizes that a step's adaptive length is found from.
struct StepSizes {
  double learning_rate = 0.0;   ///< Of the step.
  double t = 1.0;               ///< The number of the step, counted from 1.
  double gradient_norm = 0.0;   ///< ||G||_F
  double input_norm = 0.0;      ///< ||X||_F of the rule's input.
  double largest_extent = 0.0;  ///< max(rows, cols)
};

/// NAMO's step; `multiple`, `beta1`, `beta2` and `epsilon` are NamoScale's.
struct Namo {
  double multiple, beta1, beta2, epsilon;

  /// The mean of squared norms after a gradient of this squared norm.
  PION_HOST_DEVICE double next(double v, double square) const {
    return beta2 * v + (1.0 - beta2) * square;
  }
  /// The learning rate with the corrections of step t.
  PION_HOST_DEVICE double base(double learning_rate, double t) const {
    using std::pow;
    using std::sqrt;
    return learning_rate * sqrt(1.0 - pow(beta2, t)) / (1.0 - pow(beta1, t) + 1e-12);
  }
  /// The norm of the input over the root of v.
  PION_HOST_DEVICE double ratio(double input_norm, double v) const {
    using std::sqrt;
    const double root = sqrt(v) + epsilon;
    return root > 0.0 ? input_norm / root : 0.0;
  }
  /// What a direction is multiplied by.
  PION_HOST_DEVICE double length(double adaptive, double largest_extent) const {
    using std::sqrt;
    const double step = adaptive * multiple * sqrt(largest_extent);
    return step < 1.0 ? step : 1.0;
  }
  /// The same of a whole matrix. v becomes that of this step, `adaptive` the adaptive step.
  PION_HOST_DEVICE double operator()(double& v, const StepSizes& of, double& adaptive) const {
    v = next(v, of.gradient_norm * of.gradient_norm);
    adaptive = base(of.learning_rate, of.t) * ratio(of.input_norm, v);
    return length(adaptive, of.largest_extent);
  }
};

/// AdaGO's step; `most` and `least` are AdaGradNormScale's.
struct AdaGradNorm {
  double most, least;

  /// What a direction is multiplied by. q becomes the sum of this step.
  PION_HOST_DEVICE double operator()(double& q, const StepSizes& of, double& /*adaptive*/) const {
    using std::sqrt;
    const double size = of.gradient_norm < most ? of.gradient_norm : most;
    q += size * size;
    const double a = q > 0.0 ? of.learning_rate * size / sqrt(q) : 0.0;
    return a > least ? a : least;
  }
};

/// The decay of a column whose adaptive step is `adaptive`; `rate` is AdaptiveDecay's.
struct AdaptiveRetention {
  double rate;

  /// What the weights are multiplied by.
  PION_HOST_DEVICE double operator()(double adaptive) const {
    const double kept = 1.0 - rate * (adaptive < 1.0 ? adaptive : 1.0);
    return kept > 0.0 ? kept : 0.0;
  }
};

}  // namespace formulas
}  // namespace pion::optimizer
