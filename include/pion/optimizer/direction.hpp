// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <pion/detail/traits.hpp>

namespace pion::optimizer {

/// What a rule says of the direction it gave.
struct Direction {
  double norm = 0.0;               ///< ||O||_F.
  std::optional<Index> survivors;  ///< Singular directions kept, where the rule knows.
  Index dead_heads = 0;            ///< Of a per-head rule.
  bool dead = false;               ///< The input was not zero, the direction is (ApplyInfo::dead).
  bool compressed = false;         ///< Of a rule within a tolerance: Method::low_rank was taken.
};

}  // namespace pion::optimizer
