// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte, std::size_t
#include <type_traits>
#include <utility>  // std::declval

#include <pion/cuda/parts.hpp>
#include <pion/cuda/rules.hpp>
#include <pion/cuda/state.hpp>
#include <pion/cuda/step_memory.hpp>
#include <pion/optimizer/step.hpp>

/// One step of an optimiser that does not leave the device.
namespace pion {
namespace cuda {

/// Says how a step applies its rule's filter, and where it writes what it did.
struct StepOptions {
  Method method = Method::automatic;         ///< How the filter runs.
  Precision precision = Precision::storage;  ///< storage is T, the scalar of the momentum.
  StepInfo* info = nullptr;                  ///< In device memory, or null.
};

/// Multiplies each block of the direction by the scale's factor for it, where they differ. Returns
/// the factor of all where they do not, and 1 where they do or the scale has a formula.
template <class Recipe, class W>
double scale_direction(const Recipe& recipe, const StepMemory<Recipe, W>& memory,
                       const Matrix<W>& parameter, cudaStream_t stream, bool& weighted) {
  using Scale = std::decay_t<decltype(recipe.scale)>;
  using T = sum_t<W>;
  weighted = false;
  if constexpr (has_formula<Scale>::value) {
    return 1.0;
  } else {
    optimizer::Direction unit;
    unit.norm = 1.0;
    const Index rows = parameter.rows, cols = parameter.cols;
    const auto factor = detail::common_factor(recipe.rule, recipe.scale, rows, cols, unit);
    if (factor) return *factor;
    weighted = true;
    const auto bytes = sizeof(double) * static_cast<std::size_t>(memory.heads);
    check(cudaMemsetAsync(memory.weights, 0, bytes, stream), "cudaMemsetAsync");
    const bool by_columns = parameter.order == Order::columns;
    const Batch<T>& x = memory.at.x;
    const auto scale_block = [&](Index i, const optimizer::Block& b, double value) {
      const Batch<T> part = by_columns ? x.block(b.row, b.col, b.rows, b.cols)
                                       : x.block(b.col, b.row, b.cols, b.rows);
      check(map(stream, part.shape(), Copy<T>{part, part, value}), "map");
      check(once(stream, 1, SetNumber{memory.weights + i, value}), "once");
    };
    detail::for_each_factor(recipe.rule, recipe.scale, rows, cols, unit, scale_block);
    return 1.0;
  }
}

/// Takes the direction in memory.at.x, which the rule's head has left, through the other parts and
/// the scale: the step's length is then in memory.info.
template <class Recipe, class W, class T = sum_t<W>>
void find_length(const Recipe& recipe, const StepMemory<Recipe, W>& memory,
                 const Matrix<W>& parameter, double learning_rate, const PartContext<T>& at) {
  using Rule = std::decay_t<decltype(recipe.rule)>;
  using Scale = std::decay_t<decltype(recipe.scale)>;
  constexpr bool changed = detail::is_sequence<Rule>;
  if constexpr (changed) {
    run_behind(recipe.rule, at, memory.slots + memory.of_momentum);
    at.moments(memory.changed);
  }
  bool weighted = false;
  const double factor = scale_direction(recipe, memory, parameter, at.stream(), weighted);
  const NormPartials* const norm = changed ? at.told(memory.changed) : nullptr;
  const NormPartials* const scaled = changed && weighted ? at.moments(memory.scaled) : norm;
  const ScaleStep scale_step{memory.infos,
                             memory.heads,
                             has_formula<Scale>::value ? 1.0 : learning_rate * factor,
                             Scale::over_norm,
                             weighted ? memory.weights : nullptr,
                             norm,
                             scaled,
                             memory.info};
  check(once(at.stream(), 1, scale_step), "once");
  if constexpr (has_formula<Scale>::value) {
    const auto formula = recipe.scale.formula();
    optimizer::formulas::StepSizes sizes;
    sizes.learning_rate = learning_rate;
    sizes.largest_extent = static_cast<double>((std::max)(parameter.rows, parameter.cols));
    const AdaptLength<T, std::decay_t<decltype(formula)>> adapt{formula,
                                                                sizes,
                                                                retention_of(recipe.decay),
                                                                at.told(memory.gradient),
                                                                at.told(memory.input),
                                                                at.steps,
                                                                memory.slots[memory.buffers - 1],
                                                                memory.retention,
                                                                memory.info};
    check(once(at.stream(), 1, adapt), "once");
  }
}

}  // namespace cuda

namespace optimizer {

/// Takes one step of one parameter on a device, by the equations of optimizer::step() on the host.
///
/// \param recipe  whose rule is Identity, Filtered or FilteredPerHead, or PolarFactor<Leading> with
///         cuda/svd.hpp, or a Sequence behind one of them; whose other parts are those of
///         cuda/parts.hpp; and whose decay is decoupled, independent, coupled or adaptive. So can
///         be stepped what presets/filtering.hpp has, and of the others normuon, adamuon, namo,
///         adago, muon_squared, scion, muon_mvr1, mars_m and root.
/// \param[in,out] parameter  in device memory, of any scalar and order.
/// \param gradient  of the parameter's shape, in any order (the parameter's is fastest). Its scalar
///         is the parameter's, or bfloat16 for a float parameter, or float for a bfloat16 one. It
///         must not overlap the parameter.
/// \param[in,out] state  made for this recipe and parameter.
/// \param options  whose info receives what became of the step, and whether it was taken: the call
///         only adds to the context's stream. A step that is not taken leaves parameter and state
///         as they were, bit for bit.
/// \throws std::invalid_argument if shapes or strides do not fit, the state is not for this recipe
///         and parameter, the learning rate is negative or not finite, a number of the recipe is
///         out of its range, or the decay's retention is not in [0, 1]; device_error if a call of
///         CUDA fails, and if it is for want of memory, nothing has been begun.
/// Cost: the rule's, and three passes over parameter and state; where heads have scales of their
/// own (FusedHeads of unequal shapes), two small launches a head. Determinism: as the rule's.
template <class R, class M, class S, class D, class W, class G>
void step(const Recipe<R, M, S, D>& recipe, const cuda::Matrix<W>& parameter,
          const cuda::Matrix<G>& gradient, double learning_rate, cuda::State<cuda::sum_t<W>>& state,
          cuda::Context& context, const cuda::StepOptions& options = {}) {
  using T = cuda::sum_t<W>;
  using Recipe = optimizer::Recipe<R, M, S, D>;
  using Gradient = std::remove_const_t<G>;
  using Memory = cuda::StepMemory<Recipe, W>;
  static_assert(cuda::has_factor<S>::value || cuda::has_formula<S>::value,
                "pion: this scale has no form on a device");
  static_assert(cuda::decays_here<S, D>, "pion: this decay has no form on a device");
  const Index rows = parameter.rows, cols = parameter.cols;
  if (gradient.rows != rows || gradient.cols != cols) {
    detail::refuse_argument("step: the gradient is " + detail::shape(gradient.rows, gradient.cols) +
                            " and the parameter is " + detail::shape(rows, cols));
  }
  cuda::require_fit("step", gradient, parameter);
  const double kept = detail::require_valid_step(recipe, learning_rate);
  if (!state.fits(recipe, parameter)) {
    detail::refuse_argument("step: the state is not for this recipe and a parameter of " +
                            detail::shape(rows, cols) + " in this order");
  }

  const auto& rule = cuda::head_of(recipe.rule);
  const Index heads = cuda::heads_of(rule, parameter);
  detail::Arena counting;
  Memory memory(counting, parameter, state, heads);
  const auto work = [&] {
    return cuda::Matrix<T>(memory.at.x.data, rows, cols, memory.at.x.stride, parameter.order);
  };
  cuda::Options how{options.method, options.precision, nullptr};
  const bool empty = rows * cols == 0;
  using Planned = decltype(plan_rule(rule, work(), context, how));  // of cuda, by its matrix
  const Planned planned = empty ? Planned() : plan_rule(rule, work(), context, how);
  const std::size_t own = counting.used();
  std::byte* const start = context.reserve(own + planned.bytes);
  detail::Arena arena(start);
  memory = Memory(arena, parameter, state, heads);
  if (options.info != nullptr) memory.info = options.info;
  const cudaStream_t stream = context.stream();
  if (empty) {
    cuda::check(cuda::once(stream, 1, cuda::Nothing{memory.info}), "once");
    cuda::check(cuda::once(stream, 1, cuda::CountStep{state.steps(), memory.info}), "once");
    return;
  }

  cuda::PointerBatch<const Gradient> table;
  table.data[0] = gradient.data;
  table.stride = gradient.stride;
  table.crossed = gradient.order != parameter.order;
  const cuda::Shape shape = memory.at.x.shape();
  const cuda::PartContext<T> at{context, memory.at.x, parameter.order == cuda::Order::columns,
                                state.steps(), memory.parts};
  using Form = std::conditional_t<Memory::fused, M, NoMomentum>;
  Form form{};
  if constexpr (Memory::fused) form = recipe.momentum;
  cuda::check(cuda::once(stream, 1, cuda::Prepare<Form>{form, state.steps(), memory.parts.unbias}),
              "once");
  const cuda::Advance<W, Gradient, Form> advance{
      memory.at, table, form, recipe.decay.in_gradient(), memory.parts.unbias, memory.info};
  cuda::check(cuda::reduce(stream, shape, advance, memory.partials), "reduce");
  if constexpr (!Memory::fused) {
    if (cuda::has_formula<S>::value) at.moments(memory.gradient);
    cuda::run_parts(recipe.momentum, at, memory.slots);
    if (cuda::has_formula<S>::value) at.moments(memory.input);
  }
  how.info = memory.infos;
  direct(rule, planned, work(), context, how, start + own);
  cuda::find_length(recipe, memory, parameter, learning_rate, at);

  memory.for_each_apart([&](const cuda::Slot<T>& slot) {
    const cuda::CheckBuffer<T> finite{slot.next, memory.info};
    cuda::check(cuda::reduce(stream, slot.next.shape(), finite, memory.partials), "reduce");
  });
  const cuda::UpdateParameter<W> descend{
      memory.at, kept, cuda::is_adaptive<D> ? memory.retention : nullptr, memory.info};
  cuda::check(cuda::reduce(stream, shape, descend, memory.partials), "reduce");
  cuda::check(cuda::map(stream, shape, cuda::Commit<W>{memory.at, memory.info}), "map");
  memory.for_each_apart([&](const cuda::Slot<T>& slot) {
    const cuda::KeepBuffer<T> keep{slot, memory.info};
    cuda::check(cuda::map(stream, slot.next.shape(), keep), "map");
  });
  cuda::check(cuda::once(stream, 1, cuda::CountStep{state.steps(), memory.info}), "once");
}

}  // namespace optimizer
}  // namespace pion
