// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "pion_tool/report/shape_facts.hpp"

namespace pion::tool {

/// A Fact, or a Number of one. What is none or not decided becomes null.
template <class Variant>
nlohmann::ordered_json as_json(const Variant& fact) {
  return std::visit(
      [](const auto& value) -> nlohmann::ordered_json {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<Value, Named>) {
          auto object = nlohmann::ordered_json::object();
          for (const auto& [key, number] : value) object[key] = as_json(number);
          return object;
        } else {
          return value;
        }
      },
      fact);
}

/// The object of facts_of(), by its keys and in its order.
inline nlohmann::ordered_json as_json(const std::vector<std::pair<std::string, Fact>>& facts) {
  auto object = nlohmann::ordered_json::object();
  for (const auto& [key, fact] : facts) object[key] = as_json(fact);
  return object;
}

}  // namespace pion::tool
