// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte, std::size_t
#include <type_traits>
#include <utility>  // std::declval

#include <pion/cuda/list.hpp>
#include <pion/cuda/measure.hpp>
#include <pion/cuda/state.hpp>
#include <pion/cuda/step_bodies.hpp>
#include <pion/optimizer/parts/rules.hpp>
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

// --- rules

/// The number of infos that a rule writes.
template <class Rule, class W>
Index heads_of(const Rule&, const Matrix<W>&) {
  return 1;
}
template <class Layout, class W>
Index heads_of(const optimizer::FilteredPerHead<Layout>& rule, const Matrix<W>&) {
  return head_count(rule.heads);
}

/// Two sums, and the pieces of one.
struct Moments {
  NormPartials *sums, *pieces;
  Moments(detail::Arena& arena, Index size)
      : sums(arena.take<NormPartials>(2)),
        pieces(arena.take<NormPartials>(reduction_pieces(size))) {}
};

/// What the rule does with matrices of x's shape, and in how many bytes; x needs no memory.
template <class T>
PlannedBytes plan_rule(const optimizer::Identity&, const Matrix<T>& x, Context&, const Options&) {
  detail::Arena counting;
  Moments(counting, x.rows * x.cols);
  return {counting.used()};
}

/// Turns x into the direction in place, as planned, with memory at `at`.
template <class T>
void direct(const optimizer::Identity&, const PlannedBytes&, const Matrix<T>& x, Context& context,
            const Options& options, std::byte* at) {
  detail::Arena arena(at);
  const Moments moments(arena, x.rows * x.cols);
  const bool by_columns = x.order == Order::columns;
  const Batch<T> all{x.data, by_columns ? x.rows : x.cols, by_columns ? x.cols : x.rows, x.stride};
  const NormPartials* const size =
      measure(context.stream(), all, all.shape(), moments.sums, moments.pieces);
  check(once(context.stream(), 1, Untouched{size, options.info}), "once");
}

/// The matrices that a rule filters: x, or its heads.
template <class T>
List<T, T> list_of(const optimizer::Filtered&, const Matrix<T>& x) {
  List<T, T> one;
  one.add(x, x);
  return one;
}
template <class Layout, class T>
List<T, T> list_of(const optimizer::FilteredPerHead<Layout>& rule, const Matrix<T>& x) {
  const Matrix<const T> in = x;
  return list_of_heads("step", in, rule.heads, x);
}

/// As above, of a rule that filters.
template <class Rule, class T, class = decltype(std::declval<const Rule&>().filter)>
PlannedList plan_rule(const Rule& rule, const Matrix<T>& x, Context& context,
                      const Options& options) {
  return plan_list(rule.filter, context, options, list_of(rule, x));
}

/// As above, of a rule that filters.
template <class Rule, class T>
void direct(const Rule& rule, const PlannedList& planned, const Matrix<T>& x, Context& context,
            const Options& options, std::byte* at) {
  filter_list(rule.filter, planned, context, options, list_of(rule, x), at);
}

}  // namespace cuda

namespace optimizer {

/// Takes one step of one parameter on a device, by the equations of optimizer::step() on the host.
///
/// \param recipe  whose rule is Identity, Filtered or FilteredPerHead, or PolarFactor<Leading> with
///         cuda/svd.hpp.
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
  using cuda::Batch;
  using Gradient = std::remove_const_t<G>;
  const Index rows = parameter.rows, cols = parameter.cols;
  if (gradient.rows != rows || gradient.cols != cols) {
    detail::refuse_argument("step: the gradient is " + detail::shape(gradient.rows, gradient.cols) +
                            " and the parameter is " + detail::shape(rows, cols));
  }
  cuda::require_fit("step", gradient, parameter);
  const double kept = detail::require_valid_step(recipe, learning_rate);
  static_assert(detail::buffer_count<R> + detail::buffer_count<S> == 0,
                "pion: this rule or scale remembers something, which steps on a device cannot yet");
  const cuda::Matrix<T> first = state.momentum(), second = state.second_moment();
  const bool fits = first.rows == rows && first.cols == cols && first.order == parameter.order &&
                    (rows * cols == 0 || ((first.data != nullptr) == (M::buffers >= 1) &&
                                          (second.data != nullptr) == (M::buffers >= 2)));
  if (!fits) {
    detail::refuse_argument("step: the state is not for this recipe and a parameter of " +
                            detail::shape(rows, cols) + " in this order");
  }

  // As the parameter lies, inner dimension first.
  const bool by_columns = parameter.order == cuda::Order::columns;
  const Index m = by_columns ? rows : cols, n = by_columns ? cols : rows;
  const Index heads = cuda::heads_of(recipe.rule, parameter);
  cuda::StepMatrices<W> at;
  cuda::Info* infos = nullptr;
  double* weights = nullptr;
  cuda::StepInfo* info = nullptr;
  Unbias* unbias = nullptr;
  cuda::Verdict* partials = nullptr;
  const auto lay_out = [&](detail::Arena& arena) {
    at.x = cuda::take_batch<T>(arena, m, n, 1);
    if (M::buffers >= 1) at.new_first = cuda::take_batch<T>(arena, m, n, 1);
    if (M::buffers >= 2) at.new_second = cuda::take_batch<T>(arena, m, n, 1);
    infos = arena.take<cuda::Info>(heads);
    weights = arena.take<double>(heads);
    info = arena.take<cuda::StepInfo>(1);
    unbias = arena.take<Unbias>(1);
    partials = arena.take<cuda::Verdict>(cuda::reduction_pieces(m * n));
  };
  detail::Arena counting;
  lay_out(counting);
  const auto work = [&] {
    return cuda::Matrix<T>(at.x.data, rows, cols, at.x.stride, parameter.order);
  };
  cuda::Options how{options.method, options.precision, nullptr};
  const bool empty = rows * cols == 0;
  using Planned = decltype(plan_rule(recipe.rule, work(), context, how));  // of cuda, by its matrix
  const Planned planned = empty ? Planned() : plan_rule(recipe.rule, work(), context, how);
  const std::size_t own = counting.used();
  std::byte* const memory = context.reserve(own + planned.bytes);
  detail::Arena arena(memory);
  lay_out(arena);
  if (options.info != nullptr) info = options.info;
  const cudaStream_t stream = context.stream();

  at.parameter = {parameter.data, m, n, parameter.stride};
  at.first = {first.data, m, n, m};
  at.second = {second.data, m, n, m};
  cuda::PointerBatch<const Gradient> table;
  table.data[0] = gradient.data;
  table.stride = gradient.stride;
  table.crossed = gradient.order != parameter.order;
  const cuda::Shape shape{m, n, 1};
  if (empty) {
    cuda::check(cuda::once(stream, 1, cuda::Nothing{info}), "once");
  } else {
    cuda::check(cuda::once(stream, 1, cuda::Prepare<M>{recipe.momentum, state.steps(), unbias}),
                "once");
    const cuda::Advance<W, Gradient, M> advance{
        at, table, recipe.momentum, recipe.decay.in_gradient(), unbias, info};
    cuda::check(cuda::reduce(stream, shape, advance, partials), "reduce");
    how.info = infos;
    direct(recipe.rule, planned, work(), context, how, memory + own);
    Direction unit;
    unit.norm = 1.0;
    const auto factor = detail::common_factor(recipe.rule, recipe.scale, rows, cols, unit);
    if (!factor) {
      const auto bytes = sizeof(double) * static_cast<std::size_t>(heads);
      cuda::check(cudaMemsetAsync(weights, 0, bytes, stream), "cudaMemsetAsync");
      const auto scale_block = [&](Index i, const Block& b, double value) {
        const cuda::Batch<T> part = by_columns ? at.x.block(b.row, b.col, b.rows, b.cols)
                                               : at.x.block(b.col, b.row, b.cols, b.rows);
        cuda::check(cuda::map(stream, part.shape(), cuda::Copy<T>{part, part, value}), "map");
        cuda::check(cuda::once(stream, 1, cuda::SetNumber{weights + i, value}), "once");
      };
      detail::for_each_factor(recipe.rule, recipe.scale, rows, cols, unit, scale_block);
    }
    const cuda::ScaleStep scale_step{infos,
                                     heads,
                                     learning_rate * factor.value_or(1.0),
                                     S::over_norm,
                                     factor ? nullptr : weights,
                                     info};
    cuda::check(cuda::once(stream, 1, scale_step), "once");
    const cuda::UpdateParameter<W> descend{at, kept, info};
    cuda::check(cuda::reduce(stream, shape, descend, partials), "reduce");
    cuda::check(cuda::map(stream, shape, cuda::Commit<W>{at, info}), "map");
  }
  cuda::check(cuda::once(stream, 1, cuda::CountStep{state.steps(), info}), "once");
}

}  // namespace optimizer
}  // namespace pion
