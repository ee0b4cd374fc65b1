// SPDX-License-Identifier: Apache-2.0
#define PION_PART_SCALAR double
#include "parts.hpp"

#include <pion/algorithm/gram_values.hpp>

namespace pion::detail {
template class GramSum<engine::compiled_eigen>;
#if defined(_OPENMP)
template class GramSum<engine::compiled_openmp>;
#endif
}  // namespace pion::detail
