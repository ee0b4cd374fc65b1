// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <variant>

#include <pion/torch/optimizer.hpp>

#include "tensors.hpp"

/// The states of parameters, of either scalar.
namespace pion::torch::detail {

using StateOfEither = std::variant<optimizer::State<float>, optimizer::State<double>>;
using AnyState = std::optional<StateOfEither>;

/// Which alternative is that of the parameter.
inline std::size_t state_index(const at::Tensor& parameter) {
  return computed_in(parameter) == at::kDouble ? 1 : 0;
}

/// The state of a parameter before its first step.
inline StateOfEither initial_state(const Recipe& recipe, const at::Tensor& parameter) {
  const Layout l = layout_of(parameter);
  return with_scalar(parameter, [&](auto scalar) {
    return StateOfEither(recipe.of<decltype(scalar)>().initial_state(l.rows, l.cols));
  });
}

/// \throws std::invalid_argument if Optimizer::state() has been given one of another optimiser.
template <class Kept>
auto& state_of(Kept& kept) {
  auto* const found =
      dynamic_cast<std::conditional_t<std::is_const_v<Kept>, const ParamState, ParamState>*>(&kept);
  if (found == nullptr) {
    pion::detail::refuse_argument("pion::torch::Optimizer: a state is another optimiser's");
  }
  return found->state;
}

}  // namespace pion::torch::detail
