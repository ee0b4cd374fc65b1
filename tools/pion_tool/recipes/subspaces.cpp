// SPDX-License-Identifier: Apache-2.0
#include <pion/optimizer/presets/bases.hpp>

#include "pion_tool/recipes/catalogue.hpp"
#include "pion_tool/recipes/part_options.hpp"

/// What keeps a part of the directions, an estimate, or its state in fewer bytes.
namespace pion::recipes {

inline void take(Options& o, optimizer::Dion& rule) {
  o.take("momentum", rule.momentum);
  o.take("fraction", rule.fraction);
  o.take("eps", rule.epsilon);
  o.take("seed", rule.seed);
}
template <class Rule>
void take(Options& o, optimizer::OnLargestSlices<Rule>& rule) {
  o.take("fraction", rule.fraction);
  o.take("ef_decay", rule.decay);
  if (rule.moment) {
    o.take("beta2", rule.beta);
    o.take("eps", rule.epsilon);
  }
}
template <class Rule>
void take(Options& o, optimizer::LowRankOrFull<Rule>& rule) {
  o.take("rank", rule.rank);
  o.take("full_probability", rule.full_probability);
  o.take("every", rule.every);
  o.take("momentum", rule.beta);
  o.take("seed", rule.seed);
}
inline void take(Options& o, optimizer::LoraPre& form) {
  o.take("rank", form.rank);
  o.take("beta1", form.beta1);
  if (form.second) {
    o.take("beta2", form.beta2);
    o.take("eps", form.epsilon);
  }
  o.take("ridge", form.ridge);
  o.take("seed", form.seed);
}
template <class Compressor>
void take(Options& o, optimizer::Tracked<Compressor>& form) {
  o.take("momentum", form.beta);
}
template <class Form>
void take(Options& o, optimizer::Stored<optimizer::Int8Blocks, Form>& form) {
  take(o, form.part);
  o.take("block", form.codec.block);
}
template <class Rule>
void take(Options& o, optimizer::SketchedPolar<Rule>& rule) {
  bool gaussian = rule.sketch == optimizer::Sketch::gaussian;
  o.take("rank", rule.rank);
  o.take("gaussian", gaussian);
  rule.sketch = gaussian ? optimizer::Sketch::gaussian : optimizer::Sketch::columns;
  o.take("whole_up_to", rule.whole_up_to);
  o.take("seed", rule.seed);
}

std::vector<NamedRecipe> subspace_recipes() {
  namespace presets = optimizer::presets;
  return {
      {"dion", 0.01, "", 0, [](const Given&, Options& o) { return made(presets::dion(), o); }},
      {"dion2", 0.01, "polar-express:steps=5", takes::exact,
       [](const Given& g, Options& o) { return made(presets::dion2(0.25, g.rule()), o); }},
      {"nordion2", 0.01, "polar-express:steps=5", takes::exact,
       [](const Given& g, Options& o) { return made(presets::nordion2(0.25, g.rule()), o); }},
      // The probability of a full step is that of the struct: the paper's is of many layers.
      {"gum",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) { return made(presets::gum(0.0, 128, 0, g.rule()), o); }},
      {"lora_pre",
       {},
       "",
       0,
       [](const Given&, Options& o) { return made(presets::lora_pre(), o); }},
      {"lora_pre_muon",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) {
         return made(presets::lora_pre_muon(128, 0, g.rule()), o);
       }},
      {"ef21_muon",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) {
         return made(presets::ef21_muon(optimizer::SendSigns{}, g.rule()), o);
       }},
      {"muon_8bit",
       {},
       "muon",
       takes::exact,
       [](const Given& g, Options& o) { return made(presets::muon_8bit(g.rule()), o); }},
      {"muon_sketched", 0.025, "muon", takes::exact,
       [](const Given& g, Options& o) {
         return made(presets::muon_sketched(optimizer::Sketch::columns, 0, g.rule()), o);
       }},
  };
}

}  // namespace pion::recipes
