// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where products run: the default engine, what an engine must have, and the memory that calls work
/// in. engine/openmp.hpp and engine/blas.hpp are apart, as they need more than Eigen.

#include <pion/engine/concept.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/eigen.hpp>
#include <pion/engine/workspace.hpp>
