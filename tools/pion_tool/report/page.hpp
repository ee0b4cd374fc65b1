// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "pion_tool/report/inspection.hpp"

namespace pion::tool {

/// A file, and what is to be said of it.
using Warnings = std::vector<std::pair<std::string, std::string>>;

/// What a page reports.
struct Report {
  std::vector<std::string> files;              ///< Or folders: models.
  std::vector<std::vector<Finding>> findings;  ///< Of each file.
  double gain = survivor_gain;                 ///< Above which a direction survives.
  std::string minus = {};                      ///< What was subtracted from each; or nothing.
  std::size_t left_out = 0;                    ///< Tensors that --tensor and --skip left out.
  Warnings warnings = {};                      ///< What was passed over.
};

/// The report as one page of HTML, which needs nothing but itself: a summary in sentences, heat
/// maps of the model, the spectra, a table, and what was not measured and why.
///
/// It forbids itself every request (a content security policy). All it says is in its elements, so
/// that it is read and printed without its script too; the script (page.js) sorts, filters and
/// switches. Colours are variables of its style sheet (page.css), for light and for dark.
std::string page(const Report& report);

}  // namespace pion::tool
