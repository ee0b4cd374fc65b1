// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <optional>
#include <pion/engine/load_store.hpp>
#include <pion/optimizer/step.hpp>
#include <type_traits>

#include "pion_tool/recipes/catalogue.hpp"

namespace pion::recipes {

/// The memory that the steps of one optimiser work in.
struct StepMemory {
  optimizer::StepWorkspace workspace;
  detail::ColumnMajor<float> parameter, gradient;  ///< Of 16-bit ones.
};

/// Steps a parameter of any scalar. One of 16 bits is stepped in float and rounded at the end.
/// \param g  AnyMap of the scalar T, or for a T of 16 bits, of any.
/// \throws as optimizer::step().
template <class T, class G, class S = detail::compute_t<T>>
optimizer::StepInfo step_stored(const ScalarRecipes& recipes, optimizer::AnyMap<T> w, const G& g,
                                double learning_rate, optimizer::State<S>& state,
                                StepMemory& memory, const optimizer::StepInputs<S>& inputs = {}) {
  if constexpr (std::is_same_v<S, T>) {
    return recipes.of<T>().step(w, g, learning_rate, state, memory.workspace, inputs);
  } else {
    memory.parameter = w.template cast<float>();
    memory.gradient = g.template cast<float>();
    const auto map = [](auto& m) {
      return optimizer::any_map(m.data(), m.rows(), m.cols(), Index(1), m.rows());
    };
    // float16 ends at 65504, which the step in float does not know: then the state must be as
    // before.
    constexpr bool may_overflow = std::is_same_v<T, Eigen::half>;
    std::optional<optimizer::State<S>> before;
    if constexpr (may_overflow) before = state;
    const auto& const_gradient = memory.gradient;
    auto info = recipes.of<S>().step(map(memory.parameter), map(const_gradient), learning_rate,
                                     state, memory.workspace, inputs);
    if (!info.taken()) return info;
    if constexpr (may_overflow) {
      const auto highest = static_cast<float>((std::numeric_limits<T>::max)());
      if (memory.parameter.size() > 0 && memory.parameter.cwiseAbs().maxCoeff() > highest) {
        state = *before;
        info = {};
        info.outcome = optimizer::Outcome::result_not_finite;
        return info;
      }
    }
    w = memory.parameter.template cast<T>();
    return info;
  }
}

}  // namespace pion::recipes
