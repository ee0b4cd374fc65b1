// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <utility>  // std::pair

#include <pion/detail/number_text.hpp>

/// How the signatures of a recipe's parts are written (recipe.hpp).
namespace pion::detail {

/// Writes "name{first 0.9, second 1}".
inline std::string signature(const char* name,
                             std::initializer_list<std::pair<const char*, double>> numbers) {
  std::string text = name;
  const char* before = "{";
  for (const auto& [what, value] : numbers) {
    text += before + std::string(what) + " " + number_text(value);
    before = ", ";
  }
  return text + "}";
}

}  // namespace pion::detail
