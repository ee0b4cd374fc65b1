// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text as people see it: by characters (of UTF-8), not bytes.
namespace pion::tool {

/// With line ends and control characters escaped: names come out of files, and must not move a
/// terminal's cursor.
std::string printable(std::string_view text);

std::size_t characters(std::string_view text);

/// Without its middle, where it has more than `width` characters.
std::string shorten(std::string_view text, std::size_t width);

/// The prose in lines of at most `width` characters, but for words that are longer; all lines but
/// the first are indented.
std::string wrap(std::string_view prose, std::size_t width, std::size_t indent);

}  // namespace pion::tool
