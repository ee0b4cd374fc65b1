// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/formulas.hpp>

namespace pion::optimizer {

/// Says where VarianceReduced has the gradient from that it compares with.
enum class Previous {
  last_gradient,  ///< The gradient of the last step, on the batch of that step; 0 before the first.
  given,          ///< StepInputs::previous_gradient: this batch, at the weights before.
};

/// Corrects a gradient by its change since the last step (MARS, Yuan et al. 2024; Muon-MVR, Chang
/// et al. 2025):
///
///   C = G + gamma momentum / (1 - momentum) (G - P);  if ||C|| > 1: C <- C / ||C||
///
/// It stands before a momentum form, Ema with the same `momentum`, in a Sequence. With gamma = 1
/// and without the clip it is STORM, with gamma = 0 momentum over gradients of norm 1.
struct VarianceReduced {
  double gamma = 0.025;
  double momentum = 0.95;
  Previous previous = Previous::last_gradient;  ///< What P is.
  bool clip = true;                             ///< ||C|| <= 1, for the whole matrix.

  static constexpr int buffers = 1;
  BufferShape buffer(int /*i*/, Index rows, Index cols) const {
    const bool kept = previous == Previous::last_gradient;
    return {"previous_gradient", kept ? rows : 0, kept ? cols : 0};
  }
  void require_valid() const {
    detail::require_nonnegative("VarianceReduced: gamma", gamma);
    detail::require_fraction("VarianceReduced: momentum", momentum);
  }
  std::string signature() const {
    return detail::signature(
               "VarianceReduced",
               {{"gamma", gamma}, {"momentum", momentum}, {"clip", clip ? 1.0 : 0.0}}) +
           (previous == Previous::given ? " of a given gradient" : "");
  }

  /// The formula, with this part's numbers.
  formulas::GradientChange change() const { return {gamma * momentum / (1.0 - momentum), clip}; }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    auto g = engine::as_eigen(x);
    const formulas::GradientChange by = change();
    if (previous == Previous::given) {
      const auto& given = at.inputs.previous_gradient;
      if (!given) detail::refuse_missing("previous_gradient");
      const Index rows = at.turned ? x.cols : x.rows, cols = at.turned ? x.rows : x.cols;
      if (given->rows() != rows || given->cols() != cols) {
        detail::refuse_argument("step: StepInputs::previous_gradient is " +
                                detail::shape(given->rows(), given->cols()) +
                                " and the parameter is " + detail::shape(rows, cols));
      }
      const auto w = static_cast<T>(by.weight);
      if (at.turned) {
        g += w * (g - given->transpose());
      } else {
        g += w * (g - *given);
      }
    } else {
      auto last = engine::as_eigen(own[0].values);
      // In one pass: `last` becomes the gradient, g the corrected one.
      for (Index j = 0; j < x.cols; ++j) {
        for (Index i = 0; i < x.rows; ++i) {
          const T now = g(i, j);
          g(i, j) = by.corrected(now, last(i, j));
          last(i, j) = now;
        }
      }
    }
    const double factor = by.clip_factor(detail::norm_of(x));
    if (factor != 1.0) g *= static_cast<T>(factor);
  }
};

}  // namespace pion::optimizer
