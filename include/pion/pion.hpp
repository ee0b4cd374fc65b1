// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Spectral filters: odd polynomials applied to the singular values of a matrix without an SVD.
/// This header brings everything that needs Eigen alone.

#include <pion/apply.hpp>
#include <pion/apply/batch.hpp>
#include <pion/apply/polar.hpp>
#include <pion/apply/svd.hpp>
#include <pion/apply/within.hpp>
#include <pion/design/low_pass.hpp>
#include <pion/diagnostics.hpp>
#include <pion/filter.hpp>
#include <pion/version.hpp>
