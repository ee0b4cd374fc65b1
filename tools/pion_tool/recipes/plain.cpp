// SPDX-License-Identifier: Apache-2.0
#include <pion/optimizer/parts/spectral_power.hpp>
#include <pion/optimizer/presets/filtering.hpp>

#include "pion_tool/recipes/catalogue.hpp"
#include "pion_tool/recipes/part_options.hpp"

/// What needs no filter: AdamW, SGD, and the spectral powers.
namespace pion::recipes {

inline void take(Options& o, optimizer::SpectralPower& rule) {
  using optimizer::Power;
  double power = rule.power == Power::half ? 0.5 : 0.25;
  o.take("power", power);
  if (power != 0.0 && power != 0.25 && power != 0.5 && power != 1.0) {
    detail::refuse_argument("power is " + detail::number_text(power) +
                            "; it must be 0, 0.25, 0.5 or 1");
  }
  rule.power = power == 0.0    ? Power::zero
               : power == 0.25 ? Power::quarter
               : power == 0.5  ? Power::half
                               : Power::one;
  o.take("absolute_ridge", rule.absolute_ridge);
  o.take("relative_ridge", rule.relative_ridge);
  o.take("iterations", rule.iterations);
}

std::vector<NamedRecipe> plain_recipes() {
  namespace presets = optimizer::presets;
  using optimizer::Power;
  return {
      {"adamw", 1e-3, "", 0, [](const Given&, Options& o) { return made(presets::adamw(), o); }},
      {"sgd", 1e-3, "", 0, [](const Given&, Options& o) { return made(presets::sgd(), o); }},
      {"m_sgd_power", 0.2, "", 0,
       [](const Given&, Options& o) { return made(presets::m_sgd_power(Power::half), o); }},
      {"adam_power", 0.01, "", 0,
       [](const Given&, Options& o) { return made(presets::adam_power(Power::half), o); }},
  };
}

}  // namespace pion::recipes
