// SPDX-License-Identifier: Apache-2.0
#include "pion/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "pion/text.hpp"

namespace pion::tool {
namespace {

constexpr const char* erase_line = "\r\x1b[K";

}  // namespace

Progress::Progress(std::size_t total) : total_(total), shown_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputs(erase_line, stderr);
}

void Progress::step(std::string_view item) {
  ++at_;
  if (!shown_) return;
  const std::string name = shorten(printable(item), 60);  // or the line would wrap, and stay
  std::fputs(fmt::format("{}[{}/{}] {}", erase_line, at_, total_, name).c_str(), stderr);
}

}  // namespace pion::tool
