// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "pion_tool/chart/svg.hpp"

/// The lines of a page's charts: all of a module alike, and a box for each module that switches
/// them.
namespace pion::tool {

/// Tells lines apart that have one colour.
inline constexpr std::array<const char*, 4> line_dashes = {"", "6 3", "2 2", "9 3 2 3"};

/// How the lines of one module look.
struct ModuleLook {
  std::string module;
  std::size_t colour;  ///< A number in `palette`.
  std::string dashes;
  std::vector<std::size_t> lines;  ///< Their numbers.
};

/// The looks of some lines, each given by its module and its number, in the order of the modules.
std::vector<ModuleLook> looks_of(const std::vector<std::pair<std::string, std::size_t>>& lines);

/// A line of a module, yet without points. The colour of number i is the variable --line-i of the
/// page's style sheet.
Series line_of(const ModuleLook& look, std::string label, std::string id);

/// The boxes that switch the lines of a module, as HTML; they are the legend too. The script finds
/// the numbers of a box's lines in its data-lines.
std::string module_boxes(const std::vector<ModuleLook>& looks);

}  // namespace pion::tool
