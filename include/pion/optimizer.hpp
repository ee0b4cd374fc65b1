// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Optimisers on spectral filters. The rules that need an SVD are apart: optimizer/low_rank.hpp.

#include <pion/optimizer/assignments.hpp>
#include <pion/optimizer/checkpoint.hpp>
#include <pion/optimizer/compressed.hpp>
#include <pion/optimizer/presets.hpp>
#include <pion/optimizer/router.hpp>
#include <pion/optimizer/rules.hpp>
#include <pion/optimizer/spectral_power.hpp>
#include <pion/optimizer/step.hpp>
