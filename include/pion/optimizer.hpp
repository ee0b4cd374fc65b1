// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Optimisers on spectral filters. The rules that need an SVD are apart:
/// optimizer/presets/low_rank.hpp.

#include <pion/optimizer/checkpoint.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/parts/spectral_power.hpp>
#include <pion/optimizer/presets/filtering.hpp>
#include <pion/optimizer/presets/within.hpp>
#include <pion/optimizer/routing/assignments.hpp>
#include <pion/optimizer/routing/router.hpp>
#include <pion/optimizer/step.hpp>
