// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/parse.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
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

// Reads the whole of `text`.
template <class Number>
bool read(std::string_view text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

#ifndef __cpp_lib_to_chars
// The same of a double where the standard library writes and reads whole numbers only in this way,
// as libc++ does before version 20.
std::string shortest(double value) {
  std::array<char, 32> text{};
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text.data(), text.size(), "%.*g", digits, value);
    if (std::strtod(text.data(), nullptr) == value) break;
  }
  return text.data();
}

bool read(std::string_view text, double& value) {
  // strtod takes blanks, a plus and hexadecimal digits too, which std::from_chars does not.
  if (text.empty() || text[0] == '+') return false;
  if (text.find_first_not_of("0123456789.eE+-") != text.npos) return false;
  const std::string copy(text);
  char* stop = nullptr;
  errno = 0;
  value = std::strtod(copy.c_str(), &stop);
  return errno == 0 && stop == copy.c_str() + copy.size();
}
#endif

// Nothing may stand before or behind the number; NaN lies in no range.
template <class Number>
Number number(std::string_view what, std::string_view text, Number lo, Number hi,
              std::string_view kind) {
  Number value{};
  if (read(text, value) && lo <= value && value <= hi) return value;
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
