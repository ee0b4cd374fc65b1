// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/optimizer/parts/polar_factor.hpp>
#include <pion/optimizer/step.hpp>

/// The presets that keep the leading singular directions alone. A file that includes this header
/// compiles the SVD of Eigen, which takes seconds.
namespace pion::optimizer::presets {

/// LRMuon as in the paper (Fan et al. 2026, Alg. 1); its code takes rank 128, and recipes 512 for
/// vision, 256 for language, 128 for action.
inline auto lr_muon(Index rank = 128) {
  return Recipe{PolarFactor{Leading{rank}}, HeavyBall{0.95}};
}

/// Pion with a cutoff that follows the noise, the rest as in the paper.
inline auto pion_above_noise(NothingStandsOut otherwise = NothingStandsOut::keep_strongest) {
  return Recipe{PolarFactor{AboveNoise{otherwise}}, HeavyBall{0.95}};
}

}  // namespace pion::optimizer::presets
