// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The ways to compute U f(S) V^T, each written once over the primitives of an engine.

#include <pion/algorithm/certificate.hpp>
#include <pion/algorithm/chain_criterion.hpp>
#include <pion/algorithm/coupled_newton.hpp>
#include <pion/algorithm/dense.hpp>
#include <pion/algorithm/gram.hpp>
#include <pion/algorithm/krylov_rules.hpp>
#include <pion/algorithm/krylov_space.hpp>
#include <pion/algorithm/normalize.hpp>
#include <pion/algorithm/orthonormalize.hpp>
#include <pion/algorithm/polar_criterion.hpp>
#include <pion/algorithm/power_bound.hpp>
#include <pion/algorithm/probes.hpp>
#include <pion/algorithm/restarts.hpp>
#include <pion/algorithm/ritz.hpp>
#include <pion/algorithm/rounding_growth.hpp>
#include <pion/algorithm/small_matrices.hpp>
#include <pion/algorithm/subspace_iteration.hpp>
#include <pion/algorithm/subspace_options.hpp>
#include <pion/algorithm/svd.hpp>
#include <pion/algorithm/trace_bounds.hpp>
