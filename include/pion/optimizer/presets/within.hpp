// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/filter/chains.hpp>
#include <pion/optimizer/parts/filtered_within.hpp>
#include <pion/optimizer/step.hpp>

namespace pion::optimizer::presets {

/// Pion as in the paper (pion_paper()), each direction within a tolerance.
inline auto pion_within(const Tolerance& tolerance = {}, int promotions = 2) {
  return Recipe{FilteredWithin{{chains::high_pass(promotions)}, tolerance}, HeavyBall{0.95}};
}

}  // namespace pion::optimizer::presets
