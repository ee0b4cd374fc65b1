// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>  // std::int64_t
#include <string>

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/optimizer/recipe/signature.hpp>

/// The ranges of an optimiser's numbers.
namespace pion::detail {

[[noreturn]] inline void refuse_number(const std::string& what, double value, const char* range) {
  refuse_argument(what + " is " + number_text(value) + "; it must be " + range);
}

/// \throws std::invalid_argument unless 0 <= value < 1.
inline void require_fraction(const char* what, double value) {
  if (!(value >= 0.0 && value < 1.0 && is_finite(value))) refuse_number(what, value, "in [0, 1)");
}

/// \throws std::invalid_argument unless 0 <= value < infinity.
inline void require_nonnegative(const char* what, double value) {
  if (!(value >= 0.0 && is_finite(value))) {
    refuse_number(what, value, "finite and not negative");
  }
}

/// \throws std::invalid_argument unless 0 <= value <= 1.
inline void require_share(const char* what, double value) {
  if (!(value >= 0.0 && value <= 1.0 && is_finite(value))) refuse_number(what, value, "in [0, 1]");
}

/// \throws std::invalid_argument unless value >= 1.
inline void require_period(const char* what, std::int64_t value) {
  if (value < 1) refuse_number(what, static_cast<double>(value), "at least 1");
}

}  // namespace pion::detail
