// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/recipes/catalogue.hpp"

/// The one step that all recipes share, in float and in double, with and without what some parts
/// need a step to keep for them.
namespace pion::recipes {
namespace {

template <unsigned Needs>
auto recipe_of(const AnyParts& p) {
  using Any = AnyPart<Needs>;
  return optimizer::Recipe{Any{p.rule}, Any{p.momentum}, Any{p.scale}, p.decay, p.orientation};
}

template <class T>
optimizer::AnyRecipe<T> any_recipe(const AnyParts& p) {
  if (p.has_needs) return recipe_of<all_needs>(p);
  return recipe_of<0>(p);
}

}  // namespace

ScalarRecipes::ScalarRecipes(const AnyParts& parts)
    : all_(any_recipe<float>(parts), any_recipe<double>(parts)) {}

}  // namespace pion::recipes
