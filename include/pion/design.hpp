// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Chains made to order: low-pass, high-pass, band-pass, orthogonalisers.

#include <pion/design/band_loss.hpp>
#include <pion/design/bands.hpp>
#include <pion/design/coefficients.hpp>
#include <pion/design/constraints.hpp>
#include <pion/design/designed.hpp>
#include <pion/design/equiripple.hpp>
#include <pion/design/fit.hpp>
#include <pion/design/least_squares.hpp>
#include <pion/design/low_pass.hpp>
#include <pion/design/minimax.hpp>
#include <pion/design/monotone.hpp>
#include <pion/design/polar_express.hpp>
#include <pion/design/rounding.hpp>
#include <pion/design/sharp.hpp>
#include <pion/design/two_band.hpp>
