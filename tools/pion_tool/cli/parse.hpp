// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Strict reading of numbers, and lists of the names that there are.
namespace pion::tool {

/// The whole of `text` as a number from `lo` to `hi`. `what`, an option or a key, begins the error.
double real_number(std::string_view what, std::string_view text, double lo, double hi);
std::int64_t whole_number(std::string_view what, std::string_view text, std::int64_t lo,
                          std::int64_t hi);

/// "a, b, c".
std::string list(const std::vector<std::string_view>& names);

template <class Value>
using Choices = std::vector<std::pair<std::string_view, Value>>;

template <class Value>
std::string list(const Choices<Value>& choices) {
  std::vector<std::string_view> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  return list(names);
}

}  // namespace pion::tool
