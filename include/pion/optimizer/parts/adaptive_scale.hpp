// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::pow, std::sqrt
#include <string>

#include <pion/detail/host_device.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>

/// The scales that follow the sizes of the gradients: they remember a moment of them.
///
/// Such a scale has length<Engine>(x, buffers, context), what the direction x is to be multiplied
/// by, the learning rate included. It may change x; then it sets context.direction.norm to the new
/// norm. It tells AdaptiveDecay its step in context.adaptive.
namespace pion::optimizer {

/// NAMO's step (2026): Adam's ratio of the norm of the rule's input to the root of the mean squared
/// norm of the gradients, both corrected for their zero start:
///
///   v <- beta2 v + (1 - beta2) ||G||^2
///   a = lr sqrt(1 - beta2^t) / (1 - beta1^t + 1e-12) ||X|| / (sqrt(v) + epsilon)
///   W <- (1 - rate min(a, 1)) W - min(a multiple sqrt(max(rows, cols)), 1) O
///
/// The decay is AdaptiveDecay. beta1 is the momentum's, which is Ema. The code clamps; the paper
/// has neither clamps nor the factor of the shape, nor Nesterov. The docstrings of the code place
/// epsilon inside the root. First step: a = lr, with Nesterov (1 + beta1) lr.
struct NamoScale {
  double multiple = 0.2;
  double beta1 = 0.95;
  double beta2 = 0.99;
  double epsilon = 1e-8;

  static constexpr bool over_norm = false;
  static constexpr int buffers = 1;
  static constexpr unsigned needs =
      need::gradient_columns | need::input_columns | need::adaptive_columns;
  BufferShape buffer(int /*i*/, Index, Index) const { return {"squared_norm", 1, 1}; }
  void require_valid() const {
    detail::require_nonnegative("NamoScale: multiple", multiple);
    detail::require_fraction("NamoScale: beta1", beta1);
    detail::require_fraction("NamoScale: beta2", beta2);
    detail::require_nonnegative("NamoScale: epsilon", epsilon);
  }
  std::string signature() const { return detail::signature("NamoScale", {{"beta2", beta2}}); }

  /// v after a gradient of this squared norm.
  PION_HOST_DEVICE double next(double v, double square) const {
    return beta2 * v + (1.0 - beta2) * square;
  }
  /// The learning rate with the corrections of step t.
  PION_HOST_DEVICE double base(double learning_rate, double t) const {
    using std::pow;
    using std::sqrt;
    return learning_rate * sqrt(1.0 - pow(beta2, t)) / (1.0 - pow(beta1, t) + 1e-12);
  }
  PION_HOST_DEVICE double ratio(double input_norm, double v) const {
    using std::sqrt;
    const double root = sqrt(v) + epsilon;
    return root > 0.0 ? input_norm / root : 0.0;
  }
  PION_HOST_DEVICE double length(double adaptive, double largest_extent) const {
    using std::sqrt;
    const double step = adaptive * multiple * sqrt(largest_extent);
    return step < 1.0 ? step : 1.0;
  }

  template <class Engine, class T>
  double length(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    T& kept = *own[0].values.data;
    const double v = next(static_cast<double>(kept), at.gradient_norm * at.gradient_norm);
    kept = static_cast<T>(v);
    const double a = base(at.learning_rate, static_cast<double>(at.t)) * ratio(at.input_norm, v);
    at.adaptive.rows = 1;
    at.adaptive.data[0] = a;
    return length(a, static_cast<double>((std::max)(x.rows, x.cols)));
  }
};

/// NAMO-D: NamoScale with a step for each column, its ratio s_j clamped to
/// [clamp mean(s), mean(s) / clamp]. The class of the code has clamp = .75, its runs .01; 0 is off.
struct NamoColumnScale {
  NamoScale each{};
  double clamp = 0.75;

  static constexpr bool over_norm = false;
  static constexpr int buffers = 1;
  static constexpr unsigned needs = NamoScale::needs;
  BufferShape buffer(int /*i*/, Index, Index cols) const { return {"squared_norms", cols, 1}; }
  void require_valid() const {
    each.require_valid();
    detail::require_share("NamoColumnScale: clamp", clamp);
  }
  std::string signature() const {
    return detail::signature("NamoColumnScale", {{"beta2", each.beta2}});
  }

  template <class Engine, class T>
  double length(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    auto o = engine::as_eigen(x);
    double* const s = at.adaptive.data;
    double mean = 0.0;
    for (Index j = 0; j < x.cols; ++j) {
      T& kept = own[0].values.data[j];
      const double v = each.next(static_cast<double>(kept), at.gradient_columns.data[j]);
      kept = static_cast<T>(v);
      s[j] = each.ratio(std::sqrt(at.input_columns.data[j]), v);
      mean += s[j] / static_cast<double>(x.cols);
    }
    const double base = each.base(at.learning_rate, static_cast<double>(at.t));
    const auto largest = static_cast<double>((std::max)(x.rows, x.cols));
    for (Index j = 0; j < x.cols; ++j) {
      if (clamp > 0.0) s[j] = (std::min)((std::max)(s[j], clamp * mean), mean / clamp);
      s[j] *= base;
      o.col(j) *= static_cast<T>(each.length(s[j], largest));
    }
    at.direction.norm = detail::norm_of(x);
    return 1.0;
  }
};

/// AdaGO's step (2025), AdaGrad's with one number for a matrix:
///
///   q <- q + min(||G||, most)^2, q = first before the first step;
///   the step is max(least, lr min(||G||, most) / sqrt(q)).
///
/// The numbers of the paper's runs are not known to us; ports take most = 1 or 10, first = 1 or
/// 1e-6, least = 1e-6 to 5e-4. A port that divides by q, or multiplies by the norm twice, is wrong.
struct AdaGradNormScale {
  double most = 1.0;
  double first = 1.0;
  double least = 1e-6;

  static constexpr bool over_norm = false;
  static constexpr int buffers = 1;
  static constexpr unsigned needs = need::gradient_columns;
  BufferShape buffer(int /*i*/, Index, Index) const { return {"sum_of_squares", 1, 1}; }
  template <class Matrix>
  void start(int /*i*/, Matrix& zeros) const {
    zeros.setConstant(static_cast<typename Matrix::Scalar>(first));
  }
  void require_valid() const {
    detail::require_nonnegative("AdaGradNormScale: most", most);
    detail::require_nonnegative("AdaGradNormScale: first", first);
    detail::require_nonnegative("AdaGradNormScale: least", least);
  }
  std::string signature() const { return detail::signature("AdaGradNormScale", {{"most", most}}); }

  PION_HOST_DEVICE double step(double learning_rate, double norm, double q) const {
    using std::sqrt;
    const double size = norm < most ? norm : most;
    const double a = q > 0.0 ? learning_rate * size / sqrt(q) : 0.0;
    return a > least ? a : least;
  }

  template <class Engine, class T>
  double length(const engine::View<T>& /*x*/, const Slot<T>* own, StepContext<T>& at) const {
    T& kept = *own[0].values.data;
    const double size = (std::min)(at.gradient_norm, most);
    const double q = static_cast<double>(kept) + size * size;
    kept = static_cast<T>(q);
    return step(at.learning_rate, at.gradient_norm, q);
  }
};

}  // namespace pion::optimizer
