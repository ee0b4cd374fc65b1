// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <pion/diagnostics/sketch_measures.hpp>
#include <string>
#include <vector>

#include "pion_tool/chart/ticks.hpp"
#include "pion_tool/report/inspection.hpp"
#include "pion_tool/report/place.hpp"

namespace pion::tool {

/// A number that a report shows of the measured matrices.
struct Measure {
  std::string key;      ///< "erank", "kp2".
  std::string title;    ///< "effective rank"
  std::string meaning;  ///< A sentence.
  Scale scale;          ///< On which values of different size are told apart.
  int decimals;
  bool counts_directions;  ///< Of which a matrix has min(rows, cols).
  /// Nothing where it was not measured. An exact value is an interval without width.
  std::function<std::optional<Estimate>(const Finding&)> read;

  /// The interval's middle.
  std::optional<double> value(const Finding& f) const;
  std::string text(const Finding& f) const;  ///< Empty where it was not measured.
  std::string text(double value) const;
};

/// Effective rank, concentration, the power law, and the survivors of each high-pass: those that
/// were measured of any of the tensors.
/// \param gain  above which a direction survives.
std::vector<Measure> measures(double gain, const std::vector<PlacedTensor>& tensors);

/// The middle one of values, the lower of two; 0 of none.
double median(std::vector<double> values);

}  // namespace pion::tool
