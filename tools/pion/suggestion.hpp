// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <pion/diagnostics/spectrum.hpp>
#include <string>
#include <string_view>
#include <vector>

/// Which optimiser the findings of Fan et al. 2026 suggest for a parameter, from what was measured
/// of its gradient or momentum.
///
/// The paper says which way to go, not where to turn: the thresholds are ours.
namespace pion::tool {

enum class Optimizer { adamw, muon, pion };

constexpr std::string_view name(Optimizer o) {
  switch (o) {
    case Optimizer::adamw: return "AdamW";
    case Optimizer::muon: return "Muon";
    case Optimizer::pion: return "Pion";
  }
  return "unknown";
}

/// Muon takes every direction to the same size. Where the effective rank is below this part of the
/// directions, most of what it lifts is the tail.
inline constexpr double low_rank_part = 1.0 / 8.0;

/// Below this stable rank one direction has more energy than all the others together. A long faint
/// tail can hide that from the effective rank.
inline constexpr double low_stable_rank = 2.0;

/// The dominant directions are the fewest leading ones that hold this part of ||X||_F^2.
inline constexpr double dominant_energy = 0.5;

/// Promotion steps of a filter with five steps that leave it at least one of suppression.
inline constexpr int most_promotions = 4;

struct Dominant {
  Eigen::Index count = 0;
  double faintest = 0.0;  ///< sigma / ||X||_F of the last of them.
};

Dominant dominant_directions(const Spectrum& spectrum);

/// What the rule looks at. `dominant` is of the matrix, or, where it is to be filtered head by
/// head, of the head whose `faintest` is the least.
struct Measured {
  std::string name;
  std::vector<std::int64_t> shape;
  double effective_rank = 0.0;
  double stable_rank = 0.0;
  Dominant dominant;
  bool per_head = false;
};

struct Suggestion {
  std::optional<Optimizer> optimizer = {};  ///< Nothing where there is nothing to measure.
  std::optional<int> kp = {};               ///< Promotion steps, for Pion.
  bool per_head = false;                    ///< For Pion.
  std::string reason = {};
};

/// The rule, first match first:
/// 1. what is not a matrix, and embeddings and output layers (embed, lm_head): AdamW (App. H, K.3);
/// 2. neither low effective nor low stable rank: Muon (Fig. 1, Table A6: vision and language);
/// 3. else Pion with the fewest promotion steps whose cutoff lies below every dominant direction:
///    the update is then neither dead nor more tail than it must be (Sec. 5, Table A6: action).
///    Head by head for attention projections where heads were given (Sec. 5, Fig. 4);
/// 4. Muon after all, where the dominant directions are too many for any cutoff.
Suggestion suggest(const Measured& m);

/// "Pion kp=2, per head".
std::string to_string(const Suggestion& suggestion);

}  // namespace pion::tool
