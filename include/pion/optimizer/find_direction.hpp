// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <type_traits>
#include <utility>  // std::declval

#include <pion/engine/default.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/direction.hpp>
#include <pion/optimizer/recipe/recipe.hpp>
#include <pion/optimizer/recipe/run_part.hpp>
#include <pion/optimizer/step_memory.hpp>

/// How a step makes a direction of a gradient, in the workspace alone.
namespace pion::detail {

/// Multiplies each block of a direction by the scale's factor for it. Returns the norm of all.
template <class Engine, class R, class S, class T>
double scale_blocks(const R& rule, const S& scale, const optimizer::Direction& direction,
                    const engine::View<T>& x) {
  auto all = engine::as_eigen(x);
  for_each_factor(rule, scale, x.rows, x.cols, direction,
                  [&all](Index, const optimizer::Block& block, double factor) {
                    all.block(block.row, block.col, block.rows, block.cols) *=
                        static_cast<T>(factor);
                  });
  return Engine::template Kernels<T>::frobenius_norm(x);
}

template <class Scale, class T, class = void>
struct has_length : std::false_type {};
template <class Scale, class T>
struct has_length<
    Scale, T,
    std::void_t<decltype(std::declval<const Scale&>().template length<DefaultEngine>(
        std::declval<const engine::View<T>&>(), std::declval<const optimizer::Slot<T>*>(),
        std::declval<optimizer::StepContext<T>&>()))>> : std::true_type {};

/// Returns what the direction x is to be multiplied by, the learning rate included. The norm of the
/// update goes to `update_norm`.
template <class Engine, class R, class S, class T>
double length_of(const R& rule, const S& scale, const engine::View<T>& x,
                 [[maybe_unused]] const optimizer::Slot<T>* own, optimizer::StepContext<T>& at,
                 double& update_norm) {
  if constexpr (has_length<S, T>::value) {
    const double length = scale.template length<Engine>(x, own, at);
    update_norm = length * at.direction.norm;
    return length;
  } else {
    const auto factor = common_factor(rule, scale, x.rows, x.cols, at.direction);
    const double length = at.learning_rate * factor.value_or(1.0);
    update_norm =
        length * (factor ? at.direction.norm : scale_blocks<Engine>(rule, scale, at.direction, x));
    return length;
  }
}

/// Runs the parts of a recipe on the gradient in memory.work, and leaves the direction there.
/// Returns what it is to be multiplied by, or nothing if a number is not finite.
template <class Engine, class R, class M, class S, class D, class T>
std::optional<double> find_direction(const optimizer::Recipe<R, M, S, D>& recipe,
                                     const StepMemory<optimizer::Recipe<R, M, S, D>, T>& memory,
                                     const optimizer::State<T>& state,
                                     optimizer::StepContext<T>& at, double& update_norm) {
  using Memory = StepMemory<optimizer::Recipe<R, M, S, D>, T>;
  const engine::View<T>& x = memory.work;
  const optimizer::Slot<T>* const own = memory.slots;
  if constexpr ((Memory::needs & optimizer::need::gradient_columns) != 0) {
    at.gradient_columns = memory.gradient_columns;
    at.gradient_norm = square_columns(x, at.gradient_columns);
  }
  at.adaptive = memory.adaptive;
  run_part<Engine>(recipe.momentum, x, own, at);
  const bool finite = size_of(x).finite && memory.finite(recipe, state);
  if (!holds_everywhere(recipe.rule, finite)) return std::nullopt;
  if constexpr ((Memory::needs & optimizer::need::input_columns) != 0) {
    at.input_columns = memory.input_columns;
    at.input_norm = square_columns(x, at.input_columns);
  }
  if constexpr ((Memory::needs & optimizer::need::input) != 0) {
    engine::as_eigen(memory.input) = engine::as_eigen(x);
    at.input = memory.input;
  }
  run_part<Engine>(recipe.rule, x, own + buffer_count<M>, at);
  if constexpr (has_run<R, T>::value) {
    at.direction.norm = Engine::template Kernels<T>::frobenius_norm(x);
  }
  const double length = length_of<Engine>(recipe.rule, recipe.scale, x,
                                          own + buffer_count<M> + buffer_count<R>, at, update_norm);
  constexpr bool remembers_later = buffer_count<R> + buffer_count < S >> 0;
  if (remembers_later && !memory.finite(recipe, state)) return std::nullopt;
  return length;
}

}  // namespace pion::detail
