// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cstddef>    // std::size_t
#include <type_traits>
#include <utility>  // std::declval

#include <pion/cuda/parts.hpp>
#include <pion/cuda/state.hpp>
#include <pion/optimizer/recipe/recipe.hpp>

/// Where the matrices and numbers of a step on a device lie, and what tells its recipes apart.
namespace pion::cuda {

/// Whether a scale finds its length by a formula from the sizes of a step (formulas.hpp).
template <class Scale, class = void>
struct has_formula : std::false_type {};
template <class Scale>
struct has_formula<Scale, std::void_t<decltype(std::declval<const Scale&>().formula())>>
    : std::true_type {};

/// Whether one pass reads the gradient and makes the rule's input: where the momentum is one form.
template <class M, class = void>
struct is_form : std::false_type {};
template <class M>
struct is_form<M, std::void_t<decltype(std::declval<const M&>().unbias(1.0))>> : std::true_type {};

/// Whether a scale's factor depends on the shape and the direction's norm alone (scale.hpp).
template <class Scale, class = void>
struct has_factor : std::false_type {};
template <class Scale>
struct has_factor<Scale, std::void_t<decltype(std::declval<const Scale&>().factor(
                             Index(), Index(), std::declval<const optimizer::Direction&>()))>>
    : std::true_type {};

/// Whether a decay follows a scale's adaptive step.
template <class D>
inline constexpr bool is_adaptive = std::is_same_v<D, optimizer::AdaptiveDecay>;

/// Whether the decay multiplies the whole parameter by one number that is known here.
template <class S, class D>
inline constexpr bool decays_here =
    is_adaptive<D> ? has_formula<S>::value : !detail::applies_itself<D, Eigen::MatrixXf>::value;

/// What a decay that follows a scale's adaptive step makes of it; no decay for the others.
template <class D>
optimizer::formulas::AdaptiveRetention retention_of(const D& /*decay*/) {
  return {0.0};
}
inline optimizer::formulas::AdaptiveRetention retention_of(const optimizer::AdaptiveDecay& decay) {
  return decay.retention_at();
}

/// Lays out what a step works in.
template <class Recipe, class W>
struct StepMemory;
template <class R, class M, class S, class D, class W>
struct StepMemory<optimizer::Recipe<R, M, S, D>, W> {
  using T = sum_t<W>;
  /// Whether `at` holds the momentum form's buffers, which then come first of all.
  static constexpr bool fused = is_form<M>::value && !has_formula<S>::value;
  static constexpr int buffers = detail::recipe_buffers<optimizer::Recipe<R, M, S, D>>;
  static constexpr int of_momentum = detail::buffer_count<M>;  ///< Of them.

  StepMemory(detail::Arena& arena, const Matrix<W>& parameter, const State<T>& state, Index count)
      : heads(count), parts(arena, parameter.rows, parameter.cols) {
    const bool by_columns = parameter.order == Order::columns;
    const Index m = by_columns ? parameter.rows : parameter.cols;
    const Index n = by_columns ? parameter.cols : parameter.rows;
    at.parameter = {parameter.data, m, n, parameter.stride};
    at.x = take_batch<T>(arena, m, n, 1);
    Index largest = m * n;
    for (int i = 0; i < buffers; ++i) {
      const Matrix<T>& kept = state.buffers()[static_cast<std::size_t>(i)].values;
      const bool rows_first = kept.order == Order::rows;
      const Index inner = rows_first ? kept.cols : kept.rows;
      const Index outer = rows_first ? kept.rows : kept.cols;
      slots[i] = {{kept.data, inner, outer, inner}, take_batch<T>(arena, inner, outer, 1)};
      largest = (std::max)(largest, inner * outer);
    }
    if (fused && of_momentum >= 1) at.first = slots[0].kept, at.new_first = slots[0].next;
    if (fused && of_momentum >= 2) at.second = slots[1].kept, at.new_second = slots[1].next;
    infos = arena.take<Info>(heads);
    weights = arena.take<double>(heads);
    info = arena.take<StepInfo>(1);
    partials = arena.take<Verdict>(reduction_pieces(largest));
    retention = arena.take<double>(1);
    for (NormPartials** sums : {&gradient, &input, &changed, &scaled}) {
      *sums = arena.take<NormPartials>(2);
    }
  }

  /// Calls f(slot) for each buffer that `at` does not hold.
  template <class F>
  void for_each_apart(const F& f) const {
    for (int i = fused ? of_momentum : 0; i < buffers; ++i) f(slots[i]);
  }

  StepMatrices<W> at;  ///< The matrices of every step.
  /// All buffers of the recipe, in the order of its parts.
  Slot<T> slots[static_cast<std::size_t>(buffers > 0 ? buffers : 1)];
  Index heads;        ///< That the rule filters.
  Info* infos;        ///< Of each head.
  double* weights;    ///< What each has been multiplied by, where they differ.
  StepInfo* info;     ///< What became of the step.
  Verdict* partials;  ///< Pieces of a reduction over the parameter or a buffer.
  double* retention;  ///< Of an adaptive decay.
  /// Moments, two each, as measure() takes them: of the gradient, of the rule's input, of the
  /// direction that parts have changed, and of that since its heads were multiplied.
  NormPartials *gradient, *input, *changed, *scaled;
  PartMemory parts;  ///< What the parts work in.
};

}  // namespace pion::cuda
