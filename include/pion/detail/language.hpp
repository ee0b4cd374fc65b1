// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Refuses a language before C++17 in one sentence. No compiler goes on where a file is missing, so
/// the sentence is not followed by hundreds of errors.
#if defined(_MSVC_LANG) ? _MSVC_LANG < 201703L : __cplusplus < 201703L
#error "pion needs C++17: compile with -std=c++17 or later"
#include <pion/needs-c++17>
#endif
