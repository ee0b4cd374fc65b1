// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/text.hpp"

#include <algorithm>

#include "pion_tool/io/error.hpp"

namespace pion::tool {
namespace {

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }

/// The first `count` characters.
std::string_view front(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  while (end < text.size() && (count > 0 || !starts_character(text[end]))) {
    if (starts_character(text[end++])) --count;
  }
  return text.substr(0, end);
}

}  // namespace

std::string printable(std::string_view text) { return io::Error({}, text).what(); }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string shorten(std::string_view text, std::size_t width) {
  const std::size_t length = characters(text);
  if (length <= width) return std::string(text);
  const std::size_t tail = width / 2;  // the end of a name tells more than its beginning
  const std::size_t head = width - 1 - tail;
  const std::string_view end = text.substr(front(text, length - tail).size());
  return std::string(front(text, head)) + "…" + std::string(end);
}

std::string wrap(std::string_view prose, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t used = 0;
  while (!prose.empty()) {
    const std::string_view word = prose.substr(0, prose.find(' '));
    prose.remove_prefix(std::min(prose.size(), word.size() + 1));
    const std::size_t length = characters(word);
    if (used > 0 && used + 1 + length > width) {
      out += '\n' + std::string(indent, ' ');
      used = 0;
    }
    if (used > 0) out += ' ';
    out += word;
    used += length + (used > 0 ? 1 : 0);
  }
  return out;
}

}  // namespace pion::tool
