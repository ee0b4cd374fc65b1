// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// Tables of coloured cells as SVG.
namespace pion::experiment {

struct Cell {
  std::string colour;
  std::string text;
};

struct HeatMap {
  std::string title;
  std::string across;  ///< What the columns are.
  std::string down;    ///< What the rows are.
  std::vector<std::string> columns;
  std::vector<std::string> rows;
  std::vector<std::vector<Cell>> cells;  ///< cells[row][column].
};

/// Several heat maps in a document, `abreast` of them in a line.
std::string svg(const std::vector<HeatMap>& maps, int abreast);

/// Blue for ratios below 1 (full at 1/3 and below), white at 1, red above (full at 3).
std::string ratio_colour(double ratio);

}  // namespace pion::experiment
