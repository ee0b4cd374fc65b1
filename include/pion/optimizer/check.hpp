// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>

/// Ranges of an optimiser's numbers.
namespace pion::optimizer::detail {

/// \throws std::invalid_argument unless 0 <= value < 1.
inline void require_fraction(const char* what, double value) {
  if (value >= 0.0 && value < 1.0 && pion::detail::is_finite(value)) return;
  pion::detail::refuse_argument(std::string(what) + " is " + std::to_string(value) +
                                "; it must be in [0, 1)");
}

/// \throws std::invalid_argument unless 0 <= value < infinity.
inline void require_nonnegative(const char* what, double value) {
  if (value >= 0.0 && pion::detail::is_finite(value)) return;
  pion::detail::refuse_argument(std::string(what) + " is " + std::to_string(value) +
                                "; it must be finite and not negative");
}

}  // namespace pion::optimizer::detail
