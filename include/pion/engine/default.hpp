// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(PION_DEFAULT_ENGINE_OPENMP)
#include <pion/engine/openmp.hpp>
#else
#include <pion/engine/eigen.hpp>
#endif

namespace pion {

/// The engine of calls that name none. Linking pion::openmp makes it OpenMP's. It is used as the
/// default argument of template parameters alone, so that translation units with different defaults
/// instantiate different functions and can be linked into one program.
#if defined(PION_DEFAULT_ENGINE_OPENMP)
using DefaultEngine = engine::openmp;
#else
using DefaultEngine = engine::eigen;
#endif

}  // namespace pion
