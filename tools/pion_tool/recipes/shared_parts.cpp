// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/recipes/part_options.hpp"

/// The parts that many recipes have, compiled once.
namespace pion::recipes {

template class PartOf<Orthogonalizer>;
template class PartOf<optimizer::Identity>;
template class PartOf<optimizer::NoMomentum>;
template class PartOf<optimizer::HeavyBall>;
template class PartOf<optimizer::Ema>;
template class PartOf<optimizer::RmsNormalized>;
template class PartOf<optimizer::Unscaled>;
template class PartOf<optimizer::JordanScale>;
template class PartOf<optimizer::FixedScale>;
template class PartOf<optimizer::SqrtMaxScale>;
template class PartOf<optimizer::SpectralScale>;

}  // namespace pion::recipes
