// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Applying a filter to a matrix, whole or head by head. What decomposes a matrix is apart, because
/// it costs every file that includes it seconds of compilation: a tolerance (apply/within.hpp),
/// lists of matrices (apply/batch.hpp), polar factors (apply/polar.hpp) and the reference by an SVD
/// (apply/svd.hpp). pion.hpp brings them all.

#include <pion/apply/apply.hpp>
#include <pion/apply/info.hpp>
#include <pion/apply/per_head.hpp>
#include <pion/apply/plan.hpp>
