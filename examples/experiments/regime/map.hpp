// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/command.hpp"
#include "harness/study.hpp"
#include "pion_tool/cli/progress.hpp"
#include "regime/task.hpp"

namespace pion::regime {

/// Ranks by SNRs, of one shape and curvature.
struct Plane {
  Regime form;  ///< Without rank and SNR.
  std::vector<Eigen::Index> ranks;
  std::vector<double> snrs;
};

/// Calls at(regime) for each place of the plane, rank by rank.
template <class At>
void for_each_place(const Plane& plane, const At& at) {
  for (const Eigen::Index rank : plane.ranks) {
    for (const double snr : plane.snrs) {
      Regime regime = plane.form;
      regime.rank = rank;
      regime.snr = snr;
      at(regime);
    }
  }
}

/// What came out in one regime; ratios are to Muon.
struct Place {
  Regime regime;
  std::vector<experiment::Result> results;
};

/// Muon must be among the contenders.
Place compete(const Regime& regime, const std::vector<experiment::Contender>& contenders,
              const experiment::SearchOptions& options, tool::Progress& progress);

/// A plane that has been filled in, rank by rank.
struct Map {
  Plane plane;
  std::vector<Place> places;
};

/// A line for each contender in each place, with its error sqrt(loss / first loss).
std::string csv(const std::vector<Map>& maps);

/// A line for each contender in each place, with the part of its steps that took the low-rank
/// method.
std::string compressed_csv(const Map& map);

/// A line for each place: what `pion inspect` would see of the momentum of the first 20 gradients,
/// with the directions above the noise, the sigma of their last over ||X||_F, and the gap after it.
std::string spectra_csv(const std::vector<Map>& maps);

/// Who wins where: among all, and among those that `pion inspect` chooses from.
std::string winners_svg(const std::vector<Map>& maps);

/// Every contender's error as a part of Muon's.
std::string ratios_svg(const Map& map);

/// Errors over the steps in one place.
std::string curves_svg(const Place& place);

}  // namespace pion::regime
