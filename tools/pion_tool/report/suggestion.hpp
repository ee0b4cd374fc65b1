// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <limits>
#include <optional>
#include <pion/diagnostics/spectrum.hpp>
#include <string>
#include <string_view>
#include <vector>

/// Which optimiser fits a parameter, from what was measured of its gradient or momentum: the map of
/// docs/evidence.md, read backwards.
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

/// Where the signal has few directions, the last of them stands above the strongest of the noise
/// by more than this; where it fades away, neighbours lie closer.
inline constexpr double clear_gap = 1.15;

/// Where more than this part of the directions stands out, it takes a wide gap to call the rest a
/// noise floor: among many fading directions some two lie apart by chance.
inline constexpr double many_directions = 0.25;
inline constexpr double wide_gap = 2.0;

/// No fewer promotion steps: with one or none the filter dies as soon as a second direction comes
/// up, and wins little before. No more: five steps leave at least one of suppression.
inline constexpr int fewest_promotions = 2;
inline constexpr int most_promotions = 4;

/// The least gain that the filter may have at a direction that stands out.
inline constexpr double least_gain = 0.01;

/// The directions above the noise: pion::noise_threshold().
struct Outstanding {
  Eigen::Index count = 0;
  Eigen::Index directions = 0;  ///< min(rows, cols).
  double faintest = 0.0;        ///< sigma / ||X||_F of the last of them.
  double gap = 0.0;             ///< Its sigma over the next one's; infinite where that is zero.
  bool rounding = false;        ///< The rest is no noise: it is below rounding.
};

/// Of a rows x cols matrix. Rounding is not noise whose size could be estimated: it varies with the
/// sizes of the rows and columns, and some of it would seem to stand out. So nothing stands out
/// below what rounding can make: storing the entries moves a singular value by at most epsilon / 2
/// ||X||_F (Weyl), and finding the values, in double, by some n 2^-52 sigma_1 or by what the
/// spectrum says of itself. (n epsilon sigma_1,
/// the usual bound for a matrix computed in that precision, would leave nothing of a matrix of 128
/// rows in bfloat16.)
/// \param epsilon  of the scalar in which the entries were stored, 2^-52 for double.
Outstanding outstanding_directions(const Spectrum& spectrum, Eigen::Index rows, Eigen::Index cols,
                                   double epsilon = std::numeric_limits<double>::epsilon());

/// What the rule looks at. `outstanding` is of the matrix, or, where it is to be filtered head by
/// head, of the head whose `faintest` is the least.
struct Measured {
  std::string name;
  std::vector<std::int64_t> shape;
  bool zero = false;
  Outstanding outstanding;
  bool per_head = false;
};

struct Suggestion {
  std::optional<Optimizer> optimizer = {};  ///< Nothing where there is nothing to measure.
  std::optional<int> kp = {};               ///< Promotion steps, for Pion.
  bool per_head = false;                    ///< For Pion.
  std::string reason = {};
};

/// The rule, first match first. Figures are errors on the map over the least error there of AdamW,
/// Muon and Pion.
/// 1. What is not a matrix, and embeddings and output layers by their names
///    (pion/optimizer/routing/parameter_names.hpp): AdamW (Fan et al. 2026, App. H, K.3).
/// 2. Nothing stands out of the noise: AdamW (1.00 to 1.31; Muon 1.00 to 1.52).
/// 3. A few directions, ended by a clear gap, or many by a wide one: Pion with the fewest promotion
///    steps, from two on, that leave the faintest of them a gain (1.00 to 1.85; Muon 1.21 to 6.35).
///    Head by head for attention projections where heads were given.
/// 4. A few directions without a gap: the same with one step more (1.00 to 1.15).
/// 5. Many directions without that gap, or too faint for any filter: Muon, which is ahead of every
///    Pion on the action heads of the digits, whose effective rank is low all the same.
Suggestion suggest(const Measured& m);

/// "Pion kp=2, per head".
std::string to_string(const Suggestion& suggestion);

}  // namespace pion::tool
