// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace pion {

/// How a filter is applied. All methods give U f(S) V^T; they differ in cost and in rounding.
enum class Method {
  automatic,  ///< The method with the fewest multiply-adds.
  dense,      ///< The chain runs on the matrix, step by step (algorithm/dense.hpp).
  gram,       ///< The chain runs on X X^T (algorithm/gram.hpp); cheaper far from square.
  low_rank,  ///< Few directions pass: found and certified. It takes a Tolerance (apply/within.hpp).
  svd,       ///< The reference, a function of its own: apply_svd() (apply/svd.hpp).
};

/// Each of them.
inline constexpr std::array<Method, 5> all_methods = {Method::automatic, Method::dense,
                                                      Method::gram, Method::low_rank, Method::svd};

/// The name of a method, as the command-line tool writes it.
constexpr std::string_view name(Method m) {
  switch (m) {
    case Method::automatic: return "auto";
    case Method::dense: return "dense";
    case Method::gram: return "gram";
    case Method::low_rank: return "lowrank";
    case Method::svd: return "svd";
  }
  return "unknown";
}

/// The method of that name, or nothing.
constexpr std::optional<Method> method_named(std::string_view text) {
  for (const Method m : all_methods) {
    if (name(m) == text) return m;
  }
  return std::nullopt;
}

}  // namespace pion
