// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>  // std::declval

#include <pion/detail/traits.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/decay.hpp>
#include <pion/optimizer/recipe/direction.hpp>
#include <pion/optimizer/recipe/over_ranks.hpp>
#include <pion/optimizer/recipe/scale.hpp>
#include <pion/optimizer/recipe/sequence.hpp>

namespace pion {
namespace optimizer {

/// Says how a parameter is stored. A layer's weights have a row for each output in PyTorch, and a
/// column for each in Keras and JAX; no shape tells which.
enum class Orientation {
  out_in,  ///< A row for each output.
  in_out,  ///< A column for each output: the step, and the state, are those of the transpose.
};

/// Combines the four choices that make an optimiser, at compile time: what the rule sees
/// (momentum.hpp), the rule itself (parts/rules.hpp), what its direction is scaled by (scale.hpp)
/// and how weights decay (decay.hpp). Each is a plain value; presets/ has the published
/// combinations. A Sequence puts several parts in the place of one (sequence.hpp).
///
///   X = momentum(G);  O = rule(X);  W <- retention(lr) W - lr * factor(O) * O
///
/// Where a formula speaks of rows it means outputs. A caller whose parameters are (in, out) says so
/// in `orientation`.
template <class Rule, class Momentum, class Scale = Unscaled, class Decay = DecoupledDecay>
struct Recipe {
  Rule rule;
  Momentum momentum;
  Scale scale{};
  Decay decay{};
  Orientation orientation = Orientation::out_in;
};
template <class R, class M, class S, class D>
Recipe(R, M, S, D, Orientation) -> Recipe<R, M, S, D>;
template <class R, class M, class S, class D>
Recipe(R, M, S, D) -> Recipe<R, M, S, D>;
template <class R, class M, class S>
Recipe(R, M, S) -> Recipe<R, M, S>;
template <class R, class M>
Recipe(R, M) -> Recipe<R, M>;

/// Names a block of a direction, of which a scale takes the shape: rows x cols entries from (row,
/// col) on.
struct Block {
  Index row = 0, col = 0;
  Index rows = 0, cols = 0;
};

}  // namespace optimizer

namespace detail {

template <class Rule, class = void>
struct has_blocks : std::false_type {};
template <class Rule>
struct has_blocks<Rule, std::void_t<decltype(std::declval<const Rule&>().scale_blocks())>>
    : std::true_type {};

/// Says whether a scale's factor depends on the direction. That of a scale without `over_norm` may.
template <class Scale, class = void>
struct is_over_norm : std::true_type {};
template <class Scale>
struct is_over_norm<Scale, std::void_t<decltype(Scale::over_norm)>>
    : std::bool_constant<Scale::over_norm> {};

template <class Recipe>
inline constexpr int recipe_buffers = 0;
template <class R, class M, class S, class D>
inline constexpr int recipe_buffers<optimizer::Recipe<R, M, S, D>> =
    buffer_count<M> + buffer_count<R> + buffer_count<S>;

template <class Recipe>
inline constexpr unsigned recipe_needs = 0;
template <class R, class M, class S, class D>
inline constexpr unsigned recipe_needs<optimizer::Recipe<R, M, S, D>> =
    needs_of<M> | needs_of<R> | needs_of<S>;

/// Calls f(part, i, at) for the i-th buffer of each part of a recipe: in the order in which parts
/// run, `at` counts from 0 over all of them.
template <class R, class M, class S, class D, class F>
void for_each_buffer(const optimizer::Recipe<R, M, S, D>& recipe, const F& f) {
  for_each_buffer_of(0, f, recipe.momentum, recipe.rule, recipe.scale);
}

/// \throws std::invalid_argument if a number of the recipe is out of its range.
template <class R, class M, class S, class D>
void require_valid(const optimizer::Recipe<R, M, S, D>& recipe) {
  require_valid_part(recipe.rule);
  require_valid_part(recipe.momentum);
  require_valid_part(recipe.scale);
  require_valid_part(recipe.decay);
}

/// Checks the numbers of one step. Returns the factor that it multiplies the parameter by.
/// \throws std::invalid_argument if the learning rate is negative or not finite, a number of the
///         recipe is out of its range, or the decay's retention at this rate is not in [0, 1].
template <class R, class M, class S, class D>
double require_valid_step(const optimizer::Recipe<R, M, S, D>& recipe, double learning_rate) {
  require_nonnegative("step: the learning rate", learning_rate);
  require_valid(recipe);
  const double kept = recipe.decay.retention(learning_rate);
  require_share("step: what the decay multiplies the weights by", kept);
  return kept;
}

/// Calls f(i, block, factor) for every block i of a direction that is not empty, with the scale's
/// factor for it.
template <class Rule, class Scale, class F>
void for_each_factor(const Rule& rule, const Scale& scale, Index rows, Index cols,
                     const optimizer::Direction& direction, const F& f) {
  if constexpr (is_sequence<Rule>) {
    for_each_factor(rule.head(), scale, rows, cols, direction, f);
  } else if constexpr (has_blocks<Rule>::value && !is_over_norm<Scale>::value) {
    for (Index i = 0; i < rule.scale_blocks(); ++i) {
      const optimizer::Block block = rule.scale_block(rows, cols, i);
      if (block.rows == 0 || block.cols == 0) continue;
      f(i, block, scale.factor(block.rows, block.cols, direction));
    }
  } else {
    const auto [all_rows, all_cols] = whole_shape(rule, rows, cols);
    f(Index(0), optimizer::Block{0, 0, rows, cols}, scale.factor(all_rows, all_cols, direction));
  }
}

/// Returns the one factor of all blocks, or nothing where blocks have different ones.
template <class Rule, class Scale>
std::optional<double> common_factor(const Rule& rule, const Scale& scale, Index rows, Index cols,
                                    const optimizer::Direction& direction) {
  std::optional<double> common;
  bool one = true;
  for_each_factor(rule, scale, rows, cols, direction,
                  [&](Index, const optimizer::Block&, double factor) {
                    one = one && (!common || *common == factor);
                    common = factor;
                  });
  return one ? common : std::nullopt;
}

}  // namespace detail

namespace optimizer {

/// Writes what a recipe is in one line, the signatures of its four parts: "Identity,
/// HeavyBall{momentum 0.9, nesterov 0}, Unscaled, CoupledDecay{rate 0}", and behind them "in_out"
/// where the parameter is stored so.
///
/// A part's signature is its name and each number by which the same state would give another
/// direction. What only changes how long a step is, is no part of it: learning rate, a scale's
/// multiple, the rate of a decay beside the gradient. Nor is a tolerance.
template <class R, class M, class S, class D>
std::string signature(const Recipe<R, M, S, D>& recipe) {
  return detail::part_signature(recipe.rule) + ", " + detail::part_signature(recipe.momentum) +
         ", " + detail::part_signature(recipe.scale) + ", " + detail::part_signature(recipe.decay) +
         (recipe.orientation == Orientation::in_out ? ", in_out" : "");
}

}  // namespace optimizer
}  // namespace pion
