// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/platform.hpp"

namespace pion::tool {
namespace {

constexpr const char* erase_line = "\r\x1b[K";

}  // namespace

std::string duration(double seconds) {
  const auto whole = static_cast<long long>(std::ceil(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  const long long minutes = (whole + 59) / 60;
  if (minutes < 60) return fmt::format("{} min", minutes);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

Progress::Progress(std::size_t total, std::size_t done, double work)
    : total_(total), at_(done), work_(work), shown_(io::platform::error_is_terminal()) {}

Progress::~Progress() {
  if (shown_) std::fputs(erase_line, stderr);
}

void Progress::step(std::string_view item) {
  ++at_;
  if (!shown_) return;
  constexpr std::size_t width = 20;
  const std::string bar(std::min(width, width * at_ / std::max<std::size_t>(total_, 1)), '#');
  const std::string name = shorten(printable(item), 40);  // or the line would wrap, and stay
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start_;
  std::string left;  // not said before it can be known
  if (took.count() > 2.0 && done_work_ > 0.01 * work_) {
    left = duration(took.count() * (work_ - done_work_) / done_work_) + " left, ";
  }
  const std::string line =
      fmt::format("{}[{:.<{}}] {}/{} {}{}", erase_line, bar, width, at_, total_, left, name);
  std::fputs(line.c_str(), stderr);
}

}  // namespace pion::tool
