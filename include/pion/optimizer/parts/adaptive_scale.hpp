// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt
#include <string>

#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/formulas.hpp>

/// The scales that follow the sizes of the gradients: they remember a moment of them.
///
/// Such a scale has length<Engine>(x, buffers, context), what the direction x is to be multiplied
/// by, the learning rate included. It may change x; then it sets context.direction.norm to the new
/// norm. It tells AdaptiveDecay its step in context.adaptive.
namespace pion::detail {

/// Returns the length that a formula finds from the sizes of a step and the number that it keeps.
template <class Formula, class T>
double adaptive_length(const Formula& formula, const engine::View<T>& x,
                       const optimizer::Slot<T>& own, const optimizer::StepContext<T>& at,
                       double& adaptive) {
  const optimizer::formulas::StepSizes sizes{at.learning_rate, static_cast<double>(at.t),
                                             at.gradient_norm, at.input_norm,
                                             static_cast<double>((std::max)(x.rows, x.cols))};
  T& kept = *own.values.data;
  double number = static_cast<double>(kept);
  const double length = formula(number, sizes, adaptive);
  kept = static_cast<T>(number);
  return length;
}

}  // namespace pion::detail

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

  /// The formula, with this scale's numbers.
  formulas::Namo formula() const { return {multiple, beta1, beta2, epsilon}; }

  template <class Engine, class T>
  double length(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    at.adaptive.rows = 1;
    return detail::adaptive_length(formula(), x, own[0], at, at.adaptive.data[0]);
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
    const formulas::Namo by = each.formula();
    double mean = 0.0;
    for (Index j = 0; j < x.cols; ++j) {
      T& kept = own[0].values.data[j];
      const double v = by.next(static_cast<double>(kept), at.gradient_columns.data[j]);
      kept = static_cast<T>(v);
      s[j] = by.ratio(std::sqrt(at.input_columns.data[j]), v);
      mean += s[j] / static_cast<double>(x.cols);
    }
    const double base = by.base(at.learning_rate, static_cast<double>(at.t));
    const auto largest = static_cast<double>((std::max)(x.rows, x.cols));
    for (Index j = 0; j < x.cols; ++j) {
      if (clamp > 0.0) s[j] = (std::min)((std::max)(s[j], clamp * mean), mean / clamp);
      s[j] *= base;
      o.col(j) *= static_cast<T>(by.length(s[j], largest));
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

  /// The formula, with this scale's numbers.
  formulas::AdaGradNorm formula() const { return {most, least}; }

  template <class Engine, class T>
  double length(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    double adaptive = 0.0;
    return detail::adaptive_length(formula(), x, own[0], at, adaptive);
  }
};

}  // namespace pion::optimizer
