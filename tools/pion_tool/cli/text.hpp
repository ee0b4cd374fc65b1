// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Treats text as people see it: by the characters of UTF-8, not by bytes.
namespace pion::tool {

/// Escapes line ends and control characters. Names come out of files, and must not move the cursor
/// of a terminal.
std::string printable(std::string_view text);

std::size_t characters(std::string_view text);

/// Cuts out the middle of a text that has more than `width` characters.
std::string shorten(std::string_view text, std::size_t width);

/// Breaks prose into lines of at most `width` characters; a longer word stays whole. All lines but
/// the first are indented.
std::string wrap(std::string_view prose, std::size_t width, std::size_t indent);

}  // namespace pion::tool
