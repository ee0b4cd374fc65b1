// SPDX-License-Identifier: Apache-2.0
#include <pion/optimizer/parts/conda.hpp>
#include <pion/optimizer/parts/loss_modes.hpp>
#include <pion/optimizer/parts/shampoo.hpp>
#include <pion/optimizer/parts/soap.hpp>
#include <pion/optimizer/presets/bases.hpp>

#include "pion_tool/recipes/catalogue.hpp"
#include "pion_tool/recipes/part_options.hpp"

/// What works in singular or eigenvectors.
namespace pion::recipes {

inline void take(Options& o, optimizer::Conda& form) {
  o.take("beta1", form.beta1);
  o.take("beta2", form.beta2);
  o.take("eps", form.epsilon);
  o.take("every", form.every);
  o.take("scale", form.scale);
}
inline void take(Options& o, optimizer::Soap& form) {
  o.take("beta1", form.beta1);
  o.take("beta2", form.beta2);
  o.take("beta_gram", form.gram_beta);
  o.take("eps", form.epsilon);
  o.take("every", form.every);
  o.take("largest_side", form.largest_side);
}
inline void take(Options& o, optimizer::Shampoo& form) {
  o.take("beta", form.beta);
  o.take("first", form.first);
  o.take("exponent", form.exponent);
  o.take("every", form.every);
}
inline void take(Options& o, optimizer::LossModes& rule) {
  o.take("modes", rule.modes);
  o.take("xi", rule.xi);
}

std::vector<NamedRecipe> basis_recipes() {
  namespace presets = optimizer::presets;
  return {
      {"conda", 1e-3, "", 0, [](const Given&, Options& o) { return made(presets::conda(), o); }},
      {"soap", 3e-3, "", 0, [](const Given&, Options& o) { return made(presets::soap(), o); }},
      {"shampoo", {}, "", 0, [](const Given&, Options& o) { return made(presets::shampoo(), o); }},
      {"specmuon",
       {},
       "",
       takes::loss,
       [](const Given&, Options& o) { return made(presets::specmuon(), o); }},
  };
}

}  // namespace pion::recipes
