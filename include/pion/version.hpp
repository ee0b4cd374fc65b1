// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/detail/language.hpp>

/// The one place where the version stands; the build reads it from here.
#define PION_VERSION_MAJOR 0
#define PION_VERSION_MINOR 1
#define PION_VERSION_PATCH 0

#define PION_DETAIL_TEXT(x) #x
#define PION_DETAIL_VERSION(major, minor, patch) \
  PION_DETAIL_TEXT(major) "." PION_DETAIL_TEXT(minor) "." PION_DETAIL_TEXT(patch)

namespace pion {

/// "major.minor.patch".
inline constexpr const char* version =
    PION_DETAIL_VERSION(PION_VERSION_MAJOR, PION_VERSION_MINOR, PION_VERSION_PATCH);

}  // namespace pion

#undef PION_DETAIL_VERSION
#undef PION_DETAIL_TEXT
