// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::cosh, std::sqrt
#include <string>

#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/run_part.hpp>
#include <pion/optimizer/recipe/scale.hpp>

/// The scales that look at the rule's input or at the direction's entries, and remember nothing.
/// Each is multiplied by a scale of the shape, `shape`. (They have length(), as those of
/// adaptive_scale.hpp.)
namespace pion::optimizer {

/// Multiplies by <X, O> of the rule's input and direction: for O = U V^T that is the nuclear norm
/// of X, the norm dual to the spectral (PolarGrad; optax's `adaptive`). The step then follows the
/// size of the gradients.
template <class Shape = Unscaled>
struct DualNormScale {
  Shape shape{};

  static constexpr bool over_norm = false;
  static constexpr unsigned needs = need::input;
  void require_valid() const { detail::require_valid_part(shape); }
  std::string signature() const { return "DualNormScale"; }

  template <class Engine, class T>
  double length(const engine::View<T>& x, const Slot<T>* /*own*/, StepContext<T>& at) const {
    return at.learning_rate * at.inner * shape.factor(x.rows, x.cols, at.direction);
  }
};

/// Gives the update the norm of the rule's input (SWAN's optional rescaling).
struct InputNormScale {
  static constexpr bool over_norm = false;
  static constexpr unsigned needs = need::input_columns;
  std::string signature() const { return "InputNormScale"; }

  template <class Engine, class T>
  double length(const engine::View<T>& /*x*/, const Slot<T>* /*own*/, StepContext<T>& at) const {
    return at.direction.norm > 0.0 ? at.learning_rate * at.input_norm / at.direction.norm : 0.0;
  }
};

/// Divides by the root mean square of cosh(steepness X / ||X||), over all entries (AuON, Maity
/// 2025), and by ||X|| too where `unit` is set. That root is within 1 + O(1 / size) of 1: what
/// remains is a step along X itself. A step along a direction that is 0 leaves the parameter.
template <class Shape = Unscaled>
struct CoshScale {
  double steepness = 1.5;
  bool unit = false;
  Shape shape{};

  static constexpr bool over_norm = false;
  void require_valid() const {
    detail::require_nonnegative("CoshScale: steepness", steepness);
    detail::require_valid_part(shape);
  }
  std::string signature() const { return "CoshScale"; }

  template <class Engine, class T>
  double length(const engine::View<T>& x, const Slot<T>* /*own*/, StepContext<T>& at) const {
    const double norm = at.direction.norm;
    if (norm == 0.0) {
      at.still = true;
      return 0.0;
    }
    const double slope = steepness / (norm + 1e-7);
    double sum = 0.0;
    for (Index j = 0; j < x.cols; ++j) {
      for (Index i = 0; i < x.rows; ++i) {
        const double c = std::cosh(slope * static_cast<double>(x.data[i + j * x.stride]));
        sum += c * c;
      }
    }
    const double root = std::sqrt(sum / static_cast<double>(x.size())) + 1e-8;
    return at.learning_rate * shape.factor(x.rows, x.cols, at.direction) / root /
           (unit ? norm + 1e-7 : 1.0);
  }
};

}  // namespace pion::optimizer
