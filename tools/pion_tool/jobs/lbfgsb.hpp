// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <pion/design/band_loss.hpp>

namespace pion::tool {

/// One trial of Fan et al. 2026, Alg. 4, as printed: L-BFGS-B (LBFGSpp) with finite-difference
/// gradients, at most 2000 iterations, tolerances 1e-12 on the loss and 1e-9 on the gradient, from
/// the identity and then promotions, with noise of deviation .25 in all trials but the first.
/// Nothing where it diverges. Cost: some 300 ms for five steps.
std::optional<design::Designed> lbfgsb_trial(const design::BandLoss& loss, int steps, int trial,
                                             std::uint64_t seed);

}  // namespace pion::tool
