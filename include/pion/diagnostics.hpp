// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Looking at a matrix: its spectrum, its noise, the norms of its heads, the SNR of its gradients.

#include <pion/diagnostics/head_norms.hpp>
#include <pion/diagnostics/noise.hpp>
#include <pion/diagnostics/power_law.hpp>
#include <pion/diagnostics/sketch.hpp>
#include <pion/diagnostics/sketch_measures.hpp>
#include <pion/diagnostics/snr.hpp>
#include <pion/diagnostics/spectrum.hpp>
