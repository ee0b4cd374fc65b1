// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Optimisers on spectral filters: steps, checkpoints, routing, and the presets that filter. The
/// other presets are apart: optimizer/presets/adaptive.hpp, norms.hpp, gradients.hpp, bases.hpp,
/// and low_rank.hpp, which needs an SVD.

#include <pion/optimizer/checkpoint.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/parts/spectral_power.hpp>
#include <pion/optimizer/presets/filtering.hpp>
#include <pion/optimizer/presets/within.hpp>
#include <pion/optimizer/routing/assignments.hpp>
#include <pion/optimizer/routing/router.hpp>
#include <pion/optimizer/step.hpp>
