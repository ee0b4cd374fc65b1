// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // std::sqrt
#include <cstdint>  // std::int64_t
#include <optional>
#include <type_traits>

#include <pion/apply/warm_start.hpp>
#include <pion/detail/check.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/recipe/any_map.hpp>
#include <pion/optimizer/recipe/direction.hpp>

/// What a part of a recipe is told in a step, besides the matrix that it changes.
namespace pion {
namespace optimizer {

/// Holds what some recipes need besides the gradient. A step whose recipe needs what is not here is
/// refused. T is the scalar of the state.
template <class T>
struct StepInputs {
  /// The loss that the gradient is of, at the same weights (SpecMuon).
  std::optional<double> loss = std::nullopt;
  /// The gradient of this step's batch at the weights before the last step (Muon-MVR2).
  /// Eigen assigns no map of constants: give one with emplace().
  std::optional<AnyMap<const T>> previous_gradient = std::nullopt;
};

/// What a part asks a step to keep for it: `static constexpr unsigned needs`, the sum of these.
namespace need {
inline constexpr unsigned gradient_columns = 1;  ///< The norm of the gradient, and its columns'.
inline constexpr unsigned input_columns = 2;  ///< The norm of the rule's input, and its columns'.
inline constexpr unsigned input = 4;          ///< The rule's input, and <input, direction>.
inline constexpr unsigned adaptive_columns = 8;  ///< Room for an adaptive step for each column.
}  // namespace need

/// Holds the facts of one step. A part may use what stands before it in the recipe.
template <class T>
struct StepContext {
  std::int64_t t = 1;           ///< The number of the step, counted from 1.
  double learning_rate = 0.0;   ///< Of this step.
  const StepInputs<T>& inputs;  ///< What the caller gave besides the gradient.
  Workspace& scratch;           ///< What a part works in; lost when the next part begins.
  WarmStart<T>& warm_start;     ///< Of the rule's low-rank method.

  Direction direction = {};    ///< What the rule said.
  double gradient_norm = 0.0;  ///< ||G||_F, where a part needs gradient_columns.
  double input_norm = 0.0;     ///< ||X||_F of the rule's input, where a part needs input_columns.
  double inner = 0.0;          ///< <X, O> of the rule's input and direction, where one needs input.
  engine::View<T> input = {};  ///< The rule's input, where a part needs it.
  engine::View<double> gradient_columns = {};  ///< Squared norms of the gradient's columns.
  engine::View<double> input_columns = {};  ///< Squared norms of the columns of the rule's input.
  /// The adaptive steps that a scale found, one for each column; 1 x 1 where all have the same.
  engine::View<double> adaptive = {};
  bool still = false;   ///< A part says that this step leaves the parameter where it is.
  bool turned = false;  ///< The parameter is (in, out), and what the parts see its transpose.
};

}  // namespace optimizer

namespace detail {

template <class Part, class = void>
inline constexpr unsigned needs_of = 0;
template <class Part>
inline constexpr unsigned needs_of<Part, std::void_t<decltype(Part::needs)>> = Part::needs;

/// to(j) <- the squared norm of column j of x, in double. Returns ||x||_F.
template <class T>
double square_columns(const engine::View<T>& x, const engine::View<double>& to) {
  double sum = 0.0;
  for (Index j = 0; j < x.cols; ++j) {
    to.data[j] = engine::as_eigen(x).col(j).template cast<double>().squaredNorm();
    sum += to.data[j];
  }
  return std::sqrt(sum);
}

/// sum of x .* y, in double.
template <class T>
double inner_product(const engine::View<T>& x, const engine::View<T>& y) {
  double sum = 0.0;
  for (Index j = 0; j < x.cols; ++j) {
    sum += engine::as_eigen(x).col(j).template cast<double>().dot(
        engine::as_eigen(y).col(j).template cast<double>());
  }
  return sum;
}

/// ||x||_F, in double.
template <class T>
double norm_of(const engine::View<T>& x) {
  double sum = 0.0;
  for (Index j = 0; j < x.cols; ++j) {
    sum += engine::as_eigen(x).col(j).template cast<double>().squaredNorm();
  }
  return std::sqrt(sum);
}

[[noreturn]] inline void refuse_missing(const char* what) {
  refuse_argument(std::string("step: this recipe needs StepInputs::") + what +
                  ", which the call does not give");
}

}  // namespace detail
}  // namespace pion
