// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <pion/design/fit.hpp>
#include <string>

/// A filter to order by the loss (A56), as `pion fit` seeks it. It needs no library but pion.
namespace pion::tool {

enum class BandKind { lowpass, highpass, bandpass };

inline constexpr double half_gap = 0.03;  ///< From a band's edge to the cutoff (paper, App. L).
inline constexpr double least_cutoff = 0.051, most_cutoff = 0.949;  ///< Both bands have room.

struct BandOrder {
  BandKind kind = BandKind::lowpass;
  double tau = 0.5;             ///< The cutoff; of a bandpass, the lower.
  std::optional<double> upper;  ///< Of a bandpass alone.
  int steps = 5;
  int starts = 40;  ///< And as many hops.
  std::uint64_t seed = 1;
};

/// \throws std::invalid_argument if a band is empty.
design::BandLoss loss_of(const BandOrder& order);

/// The search for the least loss. What it admits stays within reach of the bands' values on all of
/// [0, 1], the gaps included; a lowpass must be one in the sense of design::is_low_pass().
design::FitOptions fit_options(const BandOrder& order);

}  // namespace pion::tool
