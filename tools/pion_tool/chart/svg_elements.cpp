// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/chart/svg_elements.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pion::tool::element {
namespace {

/// The bytes of the UTF-8 character that `text` begins with; 0 where it begins with none.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t length = 1;
  if (byte(0) >= 0x80) length = byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  if ((0x80 <= byte(0) && byte(0) < 0xc2) || byte(0) > 0xf4 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  return length;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const char c = text[0];
    if (length == 0 || static_cast<unsigned char>(c) < 0x20) {
      out += '?';
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string text(double x, double y, std::string_view anchor, std::string_view content,
                 std::string_view style) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" {}>{}</text>\n", x, y,
                     anchor, style, escape(content));
}

std::string line(double x1, double y1, double x2, double y2, std::string_view style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1,
                     x2, y2, style);
}

std::string document(double width, double height, std::string_view content, const Setting& setting,
                     std::string_view attributes) {
  const std::string size =
      fmt::format("viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\"", width, height);
  if (!setting.alone) {
    return fmt::format("<svg {} fill=\"{}\" {}>\n{}</svg>\n", size, setting.ink, attributes,
                       content);
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" {} font-family=\"Helvetica, Arial, sans-serif\" "
      "font-size=\"12.5\" fill=\"{}\"{}{}>\n<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n"
      "{}</svg>\n",
      size, setting.ink, attributes.empty() ? "" : " ", attributes, setting.paper, content);
}

}  // namespace pion::tool::element
