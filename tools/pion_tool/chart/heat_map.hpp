// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pion_tool/chart/svg_elements.hpp"

/// Heat maps as SVG.
namespace pion::tool {

struct Cell {
  std::string colour;     ///< "#rrggbb". The label on it is black or white, whatever reads better.
  std::string label;      ///< A few letters; left out of all cells if one of them does not fit.
  std::string text;       ///< What the cell says, in full: shown where the pointer rests on it.
  std::string link = {};  ///< Where a click on it leads; empty for nowhere.
};

/// What a colour stands for.
struct Key {
  std::string colour;
  std::string label;
};

struct HeatMap {
  std::vector<std::string> rows;     ///< The labels at the left, from above.
  std::vector<std::string> columns;  ///< The labels below; some are left out where they are dense.
  std::string columns_label;
  std::vector<std::vector<std::optional<Cell>>> cells = {};  ///< cells[row][column].
  std::vector<Key> keys = {};
};

/// The map as SVG. Each cell that is there is an element <a> (<g> without a link) that tells its
/// row and its column, counted from 0, as data-at="row,column".
/// \param attributes  further ones of its <svg>, as they stand.
std::string svg(const HeatMap& map, const Setting& setting = on_white,
                std::string_view attributes = "");

}  // namespace pion::tool
