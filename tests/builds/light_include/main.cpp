// SPDX-License-Identifier: Apache-2.0
// Who includes the headers compiles Eigen's decompositions only where a function that needs them is
// called; otherwise every file would take seconds more. An explicit specialisation is refused where
// the compiler was asked for the general one before.
#include <pion/optimizer.hpp>
#include <pion/pion.hpp>

namespace pion::detail {

template <>
void decompose(Index, Index, const double*, double*, double*, double*);
template <>
void decompose_symmetric(std::ptrdiff_t, const double*, double*, double*, std::byte*);
template <>
void symmetric_values(std::ptrdiff_t, const double*, double*);

}  // namespace pion::detail
