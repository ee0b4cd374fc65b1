// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Reads numbers strictly, and lists names.
namespace pion::tool {

/// Reads the whole of `text` as a number from `lo` to `hi`. \throws io::Error that begins with
/// `what`, the option or key that has this text.
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
