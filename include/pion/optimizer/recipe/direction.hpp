// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <pion/detail/traits.hpp>

namespace pion::optimizer {

/// Describes the direction that a rule gave.
struct Direction {
  double norm = 0.0;               ///< ||O||_F.
  std::optional<Index> survivors;  ///< Singular directions kept, where the rule knows.
  Index dead_heads = 0;            ///< Of a per-head rule.
  bool dead = false;               ///< The input was not zero, the direction is (ApplyInfo::dead).
  bool compressed = false;         ///< A rule within a tolerance took Method::low_rank.
};

}  // namespace pion::optimizer
