// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/parse.hpp"

#include <array>
#include <charconv>
#include <system_error>

#include "pion_tool/io/error.hpp"

namespace pion::tool {
namespace {

// In as few characters as tell it from every other number.
template <class Number>
std::string shortest(Number value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

// Nothing may stand before or behind the number; NaN lies in no range.
template <class Number>
Number number(std::string_view what, std::string_view text, Number lo, Number hi,
              std::string_view kind) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && lo <= value && value <= hi) return value;
  throw io::Error(what, io::quote(text) + " is not a " + std::string(kind) + " from " +
                            shortest(lo) + " to " + shortest(hi));
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
  std::string all;
  for (const std::string_view name : names) all.append(all.empty() ? "" : ", ").append(name);
  return all;
}

}  // namespace pion::tool
