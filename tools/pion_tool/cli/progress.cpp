// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/platform.hpp"

namespace pion::tool {
namespace {

constexpr const char* erase_line = "\r\x1b[K";

}  // namespace

Progress::Progress(std::size_t total, std::size_t done)
    : total_(total), at_(done), shown_(io::platform::error_is_terminal()) {}

Progress::~Progress() {
  if (shown_) std::fputs(erase_line, stderr);
}

void Progress::step(std::string_view item) {
  ++at_;
  if (!shown_) return;
  constexpr std::size_t width = 20;
  const std::string bar(std::min(width, width * at_ / std::max<std::size_t>(total_, 1)), '#');
  const std::string name = shorten(printable(item), 40);  // or the line would wrap, and stay
  const std::string line =
      fmt::format("{}[{:.<{}}] {}/{} {}", erase_line, bar, width, at_, total_, name);
  std::fputs(line.c_str(), stderr);
}

}  // namespace pion::tool
