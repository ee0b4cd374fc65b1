// SPDX-License-Identifier: Apache-2.0
#include <pion/torch/recipe.hpp>

#include "pion_tool/recipes/catalogue.hpp"

namespace pion::torch {
namespace detail {

void require_same_alignment(int bytes) {
  if (bytes == EIGEN_DEFAULT_ALIGN_BYTES) return;
  pion::detail::refuse_argument(
      "pion::torch: a recipe comes from a file in which Eigen aligns memory to " +
      std::to_string(bytes) + " bytes, in the library to " +
      std::to_string(EIGEN_DEFAULT_ALIGN_BYTES) +
      "; compile both for one instruction set, or give the recipe by name");
}

}  // namespace detail

Recipe::Recipe(const std::string& text) {
  const recipes::MadeRecipe made = recipes::recipe_named(text);
  steps_ = {made.recipes.of<float>(), made.recipes.of<double>()};
  name_ = made.text;
  learning_rate_ = made.named->learning_rate;
  using Any = recipes::AnyPart<0>;
  const recipes::AnyParts& p = made.parts;
  require_valid_ = [recipe = optimizer::Recipe{Any{p.rule}, Any{p.momentum}, Any{p.scale}, p.decay,
                                               p.orientation}](double rate) {
    pion::detail::require_valid_step(recipe, rate);
  };
}

}  // namespace pion::torch
