// SPDX-License-Identifier: Apache-2.0
#include "pion/text.hpp"

#include <algorithm>

#include "pion/io/error.hpp"

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

}  // namespace pion::tool
