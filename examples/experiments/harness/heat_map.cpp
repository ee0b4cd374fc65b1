// SPDX-License-Identifier: Apache-2.0
#include "harness/heat_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pion_tool/chart/svg_elements.hpp"

namespace pion::experiment {
namespace {

using tool::element::escape;
using tool::element::text;

constexpr double cell_height = 30;
constexpr double left = 66, top = 62, right = 22, bottom = 14;  // around the cells

/// As wide as the longest text in a cell needs.
double cell_width(const HeatMap& m) {
  constexpr double least = 76, letter = 6.8, margin = 8;
  std::size_t longest = 0;
  for (const auto& row : m.cells) {
    for (const Cell& cell : row) longest = std::max(longest, cell.text.size());
  }
  return std::max(least, std::ceil(letter * static_cast<double>(longest)) + margin);
}

double width(const HeatMap& m) {
  constexpr double letter = 10.0;  // of a title, about
  const double cells = left + cell_width(m) * static_cast<double>(m.columns.size()) + right;
  return std::max(cells, left - 46 + letter * static_cast<double>(m.title.size()));
}
double height(const HeatMap& m) {
  return top + cell_height * static_cast<double>(m.rows.size()) + bottom;
}

std::string drawing(const HeatMap& m) {
  const double wide = cell_width(m);
  std::string out = text(left - 46, 18, "start", m.title, "font-size=\"14\" font-weight=\"bold\"");
  out += text(left, top - 26, "start", m.across) + text(left - 8, top - 8, "end", m.down);
  for (std::size_t j = 0; j < m.columns.size(); ++j) {
    out += text(left + wide * (static_cast<double>(j) + 0.5), top - 8, "middle", m.columns[j]);
  }
  for (std::size_t i = 0; i < m.rows.size(); ++i) {
    const double y = top + cell_height * static_cast<double>(i);
    out += text(left - 8, y + 0.5 * cell_height + 4, "end", m.rows[i]);
    for (std::size_t j = 0; j < std::min(m.columns.size(), m.cells[i].size()); ++j) {
      const double x = left + wide * static_cast<double>(j);
      out += fmt::format(
          "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\" stroke=\"white\"/>\n", x,
          y, wide, cell_height, escape(m.cells[i][j].colour));
      out += text(x + 0.5 * wide, y + 0.5 * cell_height + 4, "middle", m.cells[i][j].text,
                  "font-size=\"11.5\"");
    }
  }
  return out;
}

}  // namespace

std::string svg(const std::vector<HeatMap>& maps, int abreast) {
  std::string out;
  double x = 0.0, y = 0.0, line = 0.0, widest = 0.0;
  int in_line = 0;
  for (const HeatMap& m : maps) {
    if (in_line == abreast) {
      x = 0.0;
      y += line;
      line = 0.0;
      in_line = 0;
    }
    out += fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n", x, y, drawing(m));
    x += width(m);
    line = std::max(line, height(m));
    widest = std::max(widest, x);
    ++in_line;
  }
  return tool::element::document(widest, y + line, out);
}

std::string ratio_colour(double ratio) {
  if (std::isnan(ratio)) return "#cccccc";
  const double depth = std::clamp(std::log(ratio) / std::log(3.0), -1.0, 1.0);
  const auto mix = [depth](int at_zero, int at_one) {
    return static_cast<int>(std::lround(at_zero + std::fabs(depth) * (at_one - at_zero)));
  };
  return depth < 0.0
             ? fmt::format("#{:02x}{:02x}{:02x}", mix(255, 86), mix(255, 150), mix(255, 214))
             : fmt::format("#{:02x}{:02x}{:02x}", mix(255, 224), mix(255, 112), mix(255, 84));
}

}  // namespace pion::experiment
