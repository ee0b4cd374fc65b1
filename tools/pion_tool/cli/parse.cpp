// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/parse.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <system_error>

#include "pion_tool/io/error.hpp"

namespace pion::tool {
namespace {

// Nothing may stand before or behind the number; NaN lies in no range.
template <class Number>
Number number(std::string_view what, std::string_view text, Number lo, Number hi,
              std::string_view kind) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && lo <= value && value <= hi) return value;
  throw io::Error(what, fmt::format("{} is not a {} from {} to {}", io::quote(text), kind, lo, hi));
}

}  // namespace

double real_number(std::string_view what, std::string_view text, double lo, double hi) {
  return number(what, text, lo, hi, "number");
}

std::int64_t whole_number(std::string_view what, std::string_view text, std::int64_t lo,
                          std::int64_t hi) {
  return number(what, text, lo, hi, "whole number");
}

std::string list(const std::vector<std::string_view>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace pion::tool
