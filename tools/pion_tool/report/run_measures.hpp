// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pion_tool/chart/ticks.hpp"
#include "pion_tool/io/run_file.hpp"

/// What a recorded run shows of its layers over the steps.
namespace pion::tool {

/// A number of the records.
struct RunMeasure {
  std::string key;      ///< "erank", "kp2".
  std::string title;    ///< "effective rank"
  std::string meaning;  ///< A sentence.
  Scale scale;          ///< On which values of different size are told apart.
  /// Nothing where it was not measured.
  std::function<std::optional<io::Measured>(const io::RunRecord&)> read;
};

/// The measures that at least one record has.
std::vector<RunMeasure> run_measures(const io::Run& run);

/// The records of one layer, in the order of their steps.
struct RunLayer {
  std::string name;
  std::vector<const io::RunRecord*> records;
};

/// The layers of a run, in the order in which they first occur. They point into it.
std::vector<RunLayer> layers_of(const io::Run& run);

/// How a measure of a layer went.
struct Course {
  std::size_t count = 0;  ///< Of the records that have it.
  io::Measured first, last, least, most;
};

/// Nothing where no record has the measure.
std::optional<Course> course_of(const RunLayer& layer, const RunMeasure& measure);

/// "617.5", or "617.5 ±4.1" of an interval.
std::string to_string(const io::Measured& value);

/// The numbers of a course as a report shows them: first, last, least, most.
std::vector<std::string> cells_of(const Course& course);

}  // namespace pion::tool
