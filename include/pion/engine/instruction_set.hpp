// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/detail/settings.hpp>

namespace pion {

#if defined(PION_COMPILED)
/// Names the instruction set that pion's kernels run on: "avx512", "avx2", "neon" or "baseline",
/// which is what the compiler takes where it is told nothing.
///
/// pion::compiled chooses in the first call of this or of any other function that computes: the
/// best that the processor and the operating system have, or the one that the environment variable
/// PION_INSTRUCTION_SET names.
/// \throws std::invalid_argument if that name is unknown or the processor does not have the set.
const char* instruction_set();
#else
inline namespace PION_SETTINGS {

/// Names the instruction set that pion's kernels run on: without pion::compiled the one that this
/// file is compiled for, such as "avx512", "avx2", "sse2", "neon" or "scalar".
inline const char* instruction_set() {
#define PION_TEXT_OF(name) #name
#define PION_TEXT(name) PION_TEXT_OF(name)
  return PION_TEXT(PION_SETTINGS_VECTORS);
#undef PION_TEXT
#undef PION_TEXT_OF
}

}  // namespace PION_SETTINGS
#endif

}  // namespace pion
