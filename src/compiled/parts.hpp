// SPDX-License-Identifier: Apache-2.0
#pragma once

// What pion::compiled has for one scalar, PION_PART_SCALAR. float.cpp and double.cpp include it.

#include <pion/algorithm/krylov_space.hpp>
#include <pion/apply/compressing.hpp>
#include <pion/apply/filtering.hpp>
#include <pion/apply/polar.hpp>
#include <pion/apply/svd.hpp>

#include "engine.hpp"

namespace pion::detail {

#define PION_PARTS_OF(Engine)                                   \
  template struct Filtering<engine::Engine, PION_PART_SCALAR>;  \
  template class Compressing<engine::Engine, PION_PART_SCALAR>; \
  template class KrylovSpace<engine::Engine, PION_PART_SCALAR>; \
  PION_FIND_BY(algorithm::ChainCriterion, Engine)               \
  PION_FIND_BY(algorithm::PolarCriterion<Leading>, Engine)      \
  PION_FIND_BY(algorithm::PolarCriterion<AtLeast>, Engine)      \
  PION_FIND_BY(algorithm::PolarCriterion<AboveNoise>, Engine)
#define PION_FIND_BY(Criterion, Engine) PION_COMPILED_FIND(, Criterion, Engine, PION_PART_SCALAR)

PION_PARTS_OF(compiled_eigen)
#if defined(_OPENMP)
PION_PARTS_OF(compiled_openmp)
#endif
PION_COMPILED_KEEP_BY_SVD(, Leading, PION_PART_SCALAR)
PION_COMPILED_KEEP_BY_SVD(, AtLeast, PION_PART_SCALAR)
PION_COMPILED_KEEP_BY_SVD(, AboveNoise, PION_PART_SCALAR)
PION_COMPILED_FILTER_BY_SVD(, PION_PART_SCALAR)

}  // namespace pion::detail
