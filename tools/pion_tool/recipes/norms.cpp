// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <pion/optimizer/presets/norms.hpp>

#include "pion_tool/recipes/catalogue.hpp"
#include "pion_tool/recipes/part_options.hpp"

/// Steps along the direction of a norm.
namespace pion::recipes {

inline void take(Options& o, optimizer::CorrectedEma& form) {
  o.take("momentum", form.beta);
  o.take("nesterov", form.nesterov);
}
inline void take(Options&, const optimizer::SignRule&) {}
inline void take(Options&, const optimizer::ColumnNormRule&) {}
inline void take(Options&, const optimizer::RowNormRule&) {}
inline void take(Options&, const optimizer::RmsRule&) {}
inline void take(Options&, const optimizer::StandardizeRows&) {}
template <class Shape>
void take(Options&, const optimizer::DualNormScale<Shape>&) {}

std::vector<NamedRecipe> norm_recipes() {
  namespace presets = optimizer::presets;
  return {
      {"muon_optax",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) { return made(presets::muon_optax(g.rule()), o); }},
      {"muon_keras", 1e-3, "muon", takes::exact,
       [](const Given& g, Options& o) { return made(presets::muon_keras(g.rule()), o); }},
      {"scion",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) { return made(presets::scion(50.0, 0.1, g.rule()), o); }},
      {"scion_convolution",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) {
         Index entries = 1;
         double radius = 50.0;
         o.take("kernel_entries", entries);
         o.take("radius", radius);
         auto recipe = presets::scion_convolution(entries, radius, 0.1, g.rule());
         return made(recipe, o);
       }},
      {"scion_sign",
       {},
       "",
       0,
       [](const Given&, Options& o) { return made(presets::scion_sign(), o); }},
      {"scion_columns",
       {},
       "",
       0,
       [](const Given&, Options& o) { return made(presets::scion_columns(), o); }},
      {"scion_rows",
       {},
       "",
       0,
       [](const Given&, Options& o) { return made(presets::scion_rows(), o); }},
      {"scion_bias",
       {},
       "",
       0,
       [](const Given&, Options& o) { return made(presets::scion_bias(), o); }},
      {"polargrad", 0.02, "muon", takes::exact,
       [](const Given& g, Options& o) { return made(presets::polargrad(g.rule()), o); }},
      {"polargrad_polar_first", 0.02, "muon", takes::exact,
       [](const Given& g, Options& o) {
         return made(presets::polargrad_polar_first(g.rule()), o);
       }},
      {"swan",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) { return made(presets::swan(g.rule()), o); }},
  };
}

}  // namespace pion::recipes
