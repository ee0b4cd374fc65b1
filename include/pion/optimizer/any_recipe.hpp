// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <pion/optimizer/recipe/any_map.hpp>
#include <pion/optimizer/step.hpp>

namespace pion::optimizer {

/// Holds a recipe of any type, so that a table can have Muon beside AdamW. initial_state() and
/// step() do, and throw, what those of step.hpp do.
template <class Scalar, class Engine = DefaultEngine>
class AnyRecipe {
 public:
  using Memory = State<detail::compute_t<Scalar>>;       ///< The state of such a recipe.
  using Inputs = StepInputs<detail::compute_t<Scalar>>;  ///< What it may need besides the gradient.

  template <class R, class M, class S, class D>
  AnyRecipe(
      const Recipe<R, M, S, D>& recipe)  // NOLINT(google-explicit-constructor): a recipe is one
      : start_([recipe](Index rows, Index cols) {
          return optimizer::initial_state<Scalar>(recipe, rows, cols);
        }),
        step_([recipe](AnyMap<Scalar> parameter, const AnyMap<const Scalar>& gradient,
                       double learning_rate, Memory& state, StepWorkspace& workspace,
                       const Inputs& inputs) {
          return optimizer::step<Engine>(recipe, parameter, gradient, learning_rate, state,
                                         workspace, inputs);
        }) {}

  Memory initial_state(Index rows, Index cols) const { return start_(rows, cols); }

  StepInfo step(const AnyMap<Scalar>& parameter, const AnyMap<const Scalar>& gradient,
                double learning_rate, Memory& state, StepWorkspace& workspace,
                const Inputs& inputs = {}) const {
    return step_(parameter, gradient, learning_rate, state, workspace, inputs);
  }

 private:
  std::function<Memory(Index, Index)> start_;
  std::function<StepInfo(AnyMap<Scalar>, const AnyMap<const Scalar>&, double, Memory&,
                         StepWorkspace&, const Inputs&)>
      step_;
};

}  // namespace pion::optimizer
