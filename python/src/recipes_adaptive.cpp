// SPDX-License-Identifier: Apache-2.0
#include <pion/optimizer/presets/adaptive.hpp>

#include "recipe.hpp"

/// Filters whose direction is adapted by moments.
namespace pion::python {

std::vector<NamedRecipe> adaptive_recipes() {
  namespace presets = optimizer::presets;
  return {
      {"normuon", 0.02, Takes::filter,
       [](const Given& g, Options& o) { return with_options(presets::normuon(g.rule()), o); }},
      {"adamuon", 6e-4, Takes::filter,
       [](const Given& g, Options& o) { return with_options(presets::adamuon(g.rule()), o); }},
  };
}

}  // namespace pion::python
