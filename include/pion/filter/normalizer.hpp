// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <pion/detail/language.hpp>

namespace pion {

/// What the singular values of a matrix are measured against before a chain sees them.
///
/// The same chain under another normaliser is another filter. Each but `none` is exactly invariant
/// under scaling of the matrix by a power of two, and has no additive epsilon.
enum class Normalizer {
  frobenius,  ///< ||X||_F, so that the squares of the singular values sum to 1 (paper, eq. 3).
  schatten4,  ///< (sum of sigma^4)^(1/4) = ||X X^T||_F^(1/2), from the Gram matrix.
  spectral,   ///< An upper bound of sigma_1, at most 2 % above it (algorithm/normalize.hpp).
  aol,        ///< Rows of the short side scaled to make ||D X||_2 <= 1; changes U and V.
  none,       ///< X as it is.
};

/// Each of them.
inline constexpr std::array<Normalizer, 5> all_normalizers = {
    Normalizer::frobenius, Normalizer::schatten4, Normalizer::spectral, Normalizer::aol,
    Normalizer::none};

constexpr std::string_view name(Normalizer n) {
  switch (n) {
    case Normalizer::frobenius: return "frobenius";
    case Normalizer::schatten4: return "schatten4";
    case Normalizer::spectral: return "spectral";
    case Normalizer::aol: return "aol";
    case Normalizer::none: return "none";
  }
  return "unknown";
}

/// Finds the normaliser of that name; nothing if there is none.
constexpr std::optional<Normalizer> normalizer_named(std::string_view text) {
  for (const Normalizer n : all_normalizers) {
    if (name(n) == text) return n;
  }
  return std::nullopt;
}

}  // namespace pion
