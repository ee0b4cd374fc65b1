// SPDX-License-Identifier: Apache-2.0
#include <pion/optimizer/presets/adaptive.hpp>

#include "pion_tool/recipes/catalogue.hpp"
#include "pion_tool/recipes/part_options.hpp"

/// Spectral steps that moments adapt.
namespace pion::recipes {

inline void take(Options&, const optimizer::Sign&) {}
inline void take(Options& o, optimizer::SecondMoment& moment) {
  o.take("beta2", moment.beta);
  o.take("eps", moment.epsilon);
  if (moment.renormalize == optimizer::Renormalize::rms) o.take("rms", moment.rms);
}
inline void take(Options& o, optimizer::ColumnDamping& damping) {
  o.take("alpha", damping.alpha);
  o.take("least", damping.least);
  o.take("beta_energy", damping.beta);
}
inline void take(Options& o, optimizer::NamoScale& scale) {
  o.take("momentum", scale.beta1);  // is that of Ema
  o.take("beta2", scale.beta2);
  o.take("eps", scale.epsilon);
  o.take("scale", scale.multiple);
}
inline void take(Options& o, optimizer::NamoColumnScale& scale) {
  take(o, scale.each);
  o.take("clamp", scale.clamp);
}
inline void take(Options& o, optimizer::AdaGradNormScale& scale) {
  o.take("most", scale.most);
  o.take("first", scale.first);
  o.take("least", scale.least);
}
template <class Shape>
void take(Options& o, optimizer::CoshScale<Shape>& scale) {
  o.take("steepness", scale.steepness);
}

std::vector<NamedRecipe> adaptive_recipes() {
  namespace presets = optimizer::presets;
  return {
      {"normuon", 0.02, "muon", takes::exact,
       [](const Given& g, Options& o) { return made(presets::normuon(g.rule()), o); }},
      {"normuon_paper",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) { return made(presets::normuon_paper(g.rule()), o); }},
      {"normuon_long_side",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) { return made(presets::normuon_long_side(g.rule()), o); }},
      {"adamuon", 0.02, "muon", takes::exact,
       [](const Given& g, Options& o) { return made(presets::adamuon(g.rule()), o); }},
      {"trasmuon",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) { return made(presets::trasmuon(g.rule()), o); }},
      {"namo", 0.01, "muon", takes::exact,
       [](const Given& g, Options& o) { return made(presets::namo(g.rule()), o); }},
      {"namo_d", 0.009, "muon", takes::exact,
       [](const Given& g, Options& o) { return made(presets::namo_d(g.rule()), o); }},
      {"adago", 0.05, "muon", takes::exact,
       [](const Given& g, Options& o) { return made(presets::adago(g.rule()), o); }},
      {"muon_squared",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) { return made(presets::muon_squared(g.rule()), o); }},
      {"auon", 0.24, "", 0, [](const Given&, Options& o) { return made(presets::auon(), o); }},
      {"auon_paper", 0.24, "", 0,
       [](const Given&, Options& o) { return made(presets::auon_paper(), o); }},
      {"auon_hybrid", 0.24, "muon", takes::exact,
       [](const Given& g, Options& o) { return made(presets::auon_hybrid(g.rule()), o); }},
  };
}

}  // namespace pion::recipes
