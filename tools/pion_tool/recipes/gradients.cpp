// SPDX-License-Identifier: Apache-2.0
#include <pion/optimizer/presets/gradients.hpp>

#include "pion_tool/recipes/catalogue.hpp"
#include "pion_tool/recipes/part_options.hpp"

/// Better estimates of the gradient, and guards against its outliers. (Muon-MVR2 is not here: it
/// needs a second gradient of each batch.)
namespace pion::recipes {

inline void take(Options& o, optimizer::VarianceReduced& form) {
  o.take("gamma", form.gamma);
  o.take("momentum", form.momentum);  // is that of Ema
  o.take("clip", form.clip);
}
inline void take(Options& o, optimizer::ClipAtQuantile& clip) { o.take("quantile", clip.share); }

std::vector<NamedRecipe> gradient_recipes() {
  namespace presets = optimizer::presets;
  return {
      {"muon_mvr1", 3e-3, "muon", takes::exact,
       [](const Given& g, Options& o) { return made(presets::muon_mvr1(0.025, g.rule()), o); }},
      {"mars_m",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) { return made(presets::mars_m(0.025, g.rule()), o); }},
      {"root", 1e-3, "muon", takes::exact,
       [](const Given& g, Options& o) { return made(presets::root(g.rule()), o); }},
  };
}

}  // namespace pion::recipes
