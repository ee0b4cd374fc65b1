// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::sqrt
#include <string>

#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/direction.hpp>

/// The scale rules: the factor that multiplies a rule's direction besides the learning rate.
///
/// A scale has factor(rows, cols, direction), signature() (recipe.hpp) and, where it has a number,
/// require_valid(). Where `over_norm` is false, the factor depends on the shape alone: that of each
/// block that the rule names (recipe.hpp), such as a head. Where `over_norm` is true, the factor is
/// inversely proportional to the norm of the whole direction, 0 for a dead one, and the shape is
/// that of the whole parameter. An orthogonal direction of full rank has the root mean square
/// 1 / sqrt(max(rows, cols)).
///
/// A scale that remembers something, or asks for more than the direction, has length() in place of
/// factor() (adaptive_scale.hpp).
namespace pion::optimizer {

/// Leaves the direction as it is (Fan et al. 2026, Alg. 1 to 3).
struct Unscaled {
  static constexpr bool over_norm = false;
  double factor(Index, Index, const Direction&) const { return 1.0; }
  std::string signature() const { return "Unscaled"; }
};

/// Multiplies by `multiple`, whatever the shape (Scion's radius for norms that have no factor).
struct FixedScale {
  double multiple = 1.0;

  static constexpr bool over_norm = false;
  void require_valid() const { detail::require_nonnegative("FixedScale: multiple", multiple); }
  double factor(Index, Index, const Direction&) const { return multiple; }
  std::string signature() const { return "FixedScale"; }
};

/// Multiplies by sqrt(max(1, rows / cols)) (Jordan 2024).
struct JordanScale {
  static constexpr bool over_norm = false;
  double factor(Index rows, Index cols, const Direction&) const {
    return std::sqrt((std::max)(1.0, static_cast<double>(rows) / static_cast<double>(cols)));
  }
  std::string signature() const { return "JordanScale"; }
};

/// Multiplies by multiple * sqrt(max(rows, cols)): a full-rank direction gets the root mean square
/// `multiple`. Moonlight takes .2, to match AdamW's (Liu et al. 2025); published Pion code has 2,
/// .2 and 5.
struct SqrtMaxScale {
  double multiple = 0.2;

  static constexpr bool over_norm = false;
  void require_valid() const { detail::require_nonnegative("SqrtMaxScale: multiple", multiple); }
  double factor(Index rows, Index cols, const Direction&) const {
    return multiple * std::sqrt(static_cast<double>((std::max)(rows, cols)));
  }
  std::string signature() const { return "SqrtMaxScale"; }
};

/// Multiplies by multiple * sqrt(rows / cols), for weights stored (out, in): the change of an
/// activation's root mean square does not depend on the shape (Pethick et al. 2025; Bernstein and
/// Newhouse 2024). Scion's radius is the multiple.
struct SpectralScale {
  double multiple = 1.0;

  static constexpr bool over_norm = false;
  void require_valid() const { detail::require_nonnegative("SpectralScale: multiple", multiple); }
  double factor(Index rows, Index cols, const Direction&) const {
    return multiple * std::sqrt(static_cast<double>(rows) / static_cast<double>(cols));
  }
  std::string signature() const { return "SpectralScale"; }
};

/// Gives the whole update the root mean square `rms` whatever the rule: the direction is divided by
/// its own norm. A filter that keeps k directions has norm sqrt(k) and would otherwise take a
/// smaller step than Muon at the same learning rate. A dead direction stays dead: its rounding is
/// not magnified.
struct RmsScale {
  double rms = 0.2;

  static constexpr bool over_norm = true;
  void require_valid() const { detail::require_nonnegative("RmsScale: rms", rms); }
  double factor(Index rows, Index cols, const Direction& direction) const {
    if (direction.dead || direction.norm == 0.0) return 0.0;
    return rms * std::sqrt(static_cast<double>(rows) * static_cast<double>(cols)) / direction.norm;
  }
  std::string signature() const { return "RmsScale"; }
};

}  // namespace pion::optimizer
