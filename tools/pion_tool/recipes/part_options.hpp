// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/recipe/momentum.hpp>
#include <pion/optimizer/recipe/recipe.hpp>
#include <pion/optimizer/recipe/rms_normalized.hpp>
#include <tuple>

#include "pion_tool/recipes/any_part.hpp"
#include "pion_tool/recipes/options.hpp"
#include "pion_tool/recipes/orthogonalizer.hpp"

/// The numbers that the parts of a recipe have, by the names that they are asked for with. take()
/// of a part that one family alone has stands beside that family.
namespace pion::recipes {

// In shared_parts.cpp.
extern template class PartOf<Orthogonalizer>;
extern template class PartOf<optimizer::Identity>;
extern template class PartOf<optimizer::NoMomentum>;
extern template class PartOf<optimizer::HeavyBall>;
extern template class PartOf<optimizer::Ema>;
extern template class PartOf<optimizer::RmsNormalized>;
extern template class PartOf<optimizer::Unscaled>;
extern template class PartOf<optimizer::JordanScale>;
extern template class PartOf<optimizer::FixedScale>;
extern template class PartOf<optimizer::SqrtMaxScale>;
extern template class PartOf<optimizer::SpectralScale>;

inline void take(Options&, const Orthogonalizer&) {}
inline void take(Options&, const optimizer::Identity&) {}
inline void take(Options&, const optimizer::NoMomentum&) {}
inline void take(Options& o, optimizer::HeavyBall& form) {
  o.take("momentum", form.momentum);
  o.take("nesterov", form.nesterov);
}
inline void take(Options& o, optimizer::Ema& form) {
  o.take("momentum", form.beta);
  o.take("nesterov", form.nesterov);
}
inline void take(Options& o, optimizer::RmsNormalized& form) {
  o.take("beta1", form.beta1);
  o.take("beta2", form.beta2);
  o.take("eps", form.epsilon);
}

inline void take(Options&, const optimizer::Unscaled&) {}
inline void take(Options&, const optimizer::JordanScale&) {}
inline void take(Options& o, optimizer::FixedScale& scale) { o.take("scale", scale.multiple); }
inline void take(Options& o, optimizer::SqrtMaxScale& scale) { o.take("scale", scale.multiple); }
inline void take(Options& o, optimizer::SpectralScale& scale) { o.take("scale", scale.multiple); }

inline void take(Options& o, optimizer::DecoupledDecay& d) { o.take("weight_decay", d.rate); }
inline void take(Options& o, optimizer::CoupledDecay& d) { o.take("weight_decay", d.rate); }
inline void take(Options& o, optimizer::DecayAfter& d) { o.take("weight_decay", d.rate); }
inline void take(Options& o, optimizer::AdaptiveDecay& d) { o.take("weight_decay", d.rate); }

template <class... Parts>
void take(Options& o, optimizer::Sequence<Parts...>& sequence) {
  std::apply([&o](auto&... part) { (take(o, part), ...); }, sequence.parts);
}

/// The recipe once its parts have taken their numbers.
template <class R, class M, class S, class D>
AnyParts made(optimizer::Recipe<R, M, S, D> recipe, Options& o) {
  using optimizer::Orientation;
  take(o, recipe.momentum);
  take(o, recipe.rule);
  take(o, recipe.scale);
  take(o, recipe.decay);
  bool in_out = recipe.orientation == Orientation::in_out;
  o.take("in_out", in_out);
  recipe.orientation = in_out ? Orientation::in_out : Orientation::out_in;
  return AnyParts(recipe);
}

}  // namespace pion::recipes
