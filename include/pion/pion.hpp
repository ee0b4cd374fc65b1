// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Spectral filters: odd polynomials applied to the singular values of a matrix without an SVD.
/// This header brings everything that needs Eigen alone.

#include <pion/apply.hpp>
#include <pion/apply_low_rank.hpp>
#include <pion/apply_svd.hpp>
#include <pion/batch.hpp>
#include <pion/chains.hpp>
#include <pion/diagnostics/head_norms.hpp>
#include <pion/diagnostics/snr.hpp>
#include <pion/diagnostics/spectrum.hpp>
#include <pion/filter.hpp>
#include <pion/low_rank_polar.hpp>
#include <pion/per_head.hpp>
#include <pion/plan.hpp>
#include <pion/plan_low_rank.hpp>
#include <pion/version.hpp>
