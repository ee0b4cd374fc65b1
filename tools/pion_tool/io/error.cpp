// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/error.hpp"

namespace pion::io {
namespace {

bool in(char c, unsigned low, unsigned high) {
  const unsigned code = static_cast<unsigned char>(c);
  return low <= code && code <= high;
}

// How many bytes at the front of `text` spell a character that could move a terminal's cursor,
// end a line or turn the direction of writing; 0 when the first character is harmless.
std::size_t control_length(std::string_view text) {
  if (in(text[0], 0x00, 0x1f) || text[0] == 0x7f) return 1;
  // In UTF-8: U+0080 to U+009F, the second set of control characters ...
  if (text.size() >= 2 && text[0] == '\xc2' && in(text[1], 0x80, 0x9f)) return 2;
  // ... and U+2028 to U+202E, the line and paragraph ends and the direction marks.
  if (text.size() >= 3 && text[0] == '\xe2' && text[1] == '\x80' && in(text[2], 0xa8, 0xae)) {
    return 3;
  }
  return 0;
}

std::string one_line(std::string_view text) {
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    const std::size_t escape = control_length(text);
    for (const char c : text.substr(0, escape)) {
      const auto code = static_cast<unsigned char>(c);
      out += {'\\', 'x', hexadecimal[code / 16], hexadecimal[code % 16]};
    }
    if (escape == 0) out += text[0];
    text.remove_prefix(escape == 0 ? 1 : escape);
  }
  return out;
}

}  // namespace

Error::Error(std::string_view file, std::string_view reason)
    : std::runtime_error(one_line((file.empty() ? std::string() : std::string(file) + ": ") +
                                  std::string(reason))) {}

std::string quote(std::string_view text) {
  constexpr std::size_t limit = 80;
  if (text.size() <= limit) return '"' + std::string(text) + '"';
  std::size_t end = limit;
  while (end > 0 && in(text[end], 0x80, 0xbf)) --end;  // never inside a UTF-8 character
  return '"' + std::string(text.substr(0, end)) + "...\"";
}

}  // namespace pion::io
