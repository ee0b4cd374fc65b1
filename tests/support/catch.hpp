// SPDX-License-Identifier: Apache-2.0
// Catch2, version 3 where it is installed, else version 2.
#pragma once

#include <string>

// A case of a template without tags passes nothing for the macro's "...", which C++17 has no word
// for; clang 19 says so where the macro is used.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc++20-extensions"
#endif

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
inline auto has_text(const std::string& text) { return Catch::Matchers::ContainsSubstring(text); }
#else
#include <catch2/catch.hpp>
inline auto has_text(const std::string& text) { return Catch::Matchers::Contains(text); }
#endif
