// SPDX-License-Identifier: Apache-2.0
#include <pion/optimizer/presets/filtering.hpp>

#include "recipe.hpp"

/// What the parameters beside the matrices take.
namespace pion::python {

std::vector<NamedRecipe> plain_recipes() {
  namespace presets = optimizer::presets;
  return {
      {"adamw", 1e-3, Takes::numbers,
       [](const Given&, Options& o) { return with_options(presets::adamw(), o); }},
      {"sgd", 1e-3, Takes::numbers,
       [](const Given&, Options& o) { return with_options(presets::sgd(0.0), o); }},
  };
}

}  // namespace pion::python
