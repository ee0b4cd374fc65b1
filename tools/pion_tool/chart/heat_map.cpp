// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/chart/heat_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "pion_tool/cli/text.hpp"

namespace pion::tool {
namespace {

using namespace element;

constexpr double cell_height = 26;
constexpr double narrowest = 20, widest = 46;  // a cell
constexpr double page_width = 940;             // which the cells fill, if they need not be narrower
constexpr double map_top = 8;
constexpr double map_letter_width = 6.6, small_letter_width = 6.2;  // of 12.5 and 11 pixels
constexpr std::size_t row_letters = 40;

/// Where the parts of the picture lie.
struct Layout {
  double left;   // of the cells
  double width;  // of a cell
  double bottom;
  double right;
};

Layout layout_of(const HeatMap& map) {
  std::size_t letters = 4;
  for (const std::string& row : map.rows) letters = std::max(letters, characters(row));
  Layout l{};
  l.left = 14 + map_letter_width * static_cast<double>(std::min(letters, row_letters));
  const auto columns = static_cast<double>(std::max<std::size_t>(map.columns.size(), 1));
  l.width = std::floor(std::clamp((page_width - l.left) / columns, narrowest, widest));
  l.bottom = map_top + cell_height * static_cast<double>(map.rows.size());
  l.right = l.left + l.width * columns;
  return l;
}

/// The relative luminance of "#rrggbb" (WCAG 2.1): 0 is black, 1 is white.
double luminance(const std::string& colour) {
  constexpr std::array<double, 3> weights = {0.2126, 0.7152, 0.0722};
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double part = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    sum += weights[i] * (part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4));
  }
  return sum;
}

/// Black or white: of the contrasts (L + .05) / (0 + .05) and (1 + .05) / (L + .05) the greater.
const char* ink_on(const std::string& colour) {
  const double light = luminance(colour) + 0.05;
  return light * light > 0.05 * 1.05 ? "#000" : "#fff";
}

std::string cell(const Cell& c, std::size_t row, std::size_t column, const Layout& l,
                 bool labelled) {
  const double x = l.left + l.width * static_cast<double>(column);
  const double y = map_top + cell_height * static_cast<double>(row);
  const bool leads = !c.link.empty();
  std::string out =
      leads ? fmt::format("<a href=\"{}\" data-at=\"{},{}\">", escape(c.link), row, column)
            : fmt::format("<g data-at=\"{},{}\">", row, column);
  out += fmt::format(
      "<title>{}</title><rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.0f}\" height=\"{:.0f}\" "
      "fill=\"{}\"/>",
      escape(c.text), x, y, l.width - 1, cell_height - 1, c.colour);
  if (labelled && !c.label.empty()) {
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.0f}\" fill=\"{}\">{}</text>",
                       x + 0.5 * (l.width - 1), y + 17, ink_on(c.colour), escape(c.label));
  }
  return out + (leads ? "</a>\n" : "</g>\n");
}

bool labels_fit(const HeatMap& map, const Layout& l) {
  for (const auto& row : map.cells) {
    for (const std::optional<Cell>& c : row) {
      if (c && small_letter_width * static_cast<double>(characters(c->label)) > l.width - 3) {
        return false;
      }
    }
  }
  return true;
}

/// The labels of the columns, as many as have room.
std::string columns(const HeatMap& map, const Layout& l) {
  std::size_t letters = 1;
  for (const std::string& label : map.columns) letters = std::max(letters, characters(label));
  const double needed = map_letter_width * static_cast<double>(letters + 1);
  const auto every = static_cast<std::size_t>(std::ceil(needed / l.width));
  std::string out;
  for (std::size_t i = 0; i < map.columns.size(); i += every) {
    out += text(l.left + l.width * (static_cast<double>(i) + 0.5), l.bottom + 17, "middle",
                map.columns[i]);
  }
  return out + text(l.left, l.bottom + 38, "start", map.columns_label);
}

/// What the colours stand for, at the right of the label of the columns.
std::string keys(const HeatMap& map, const Layout& l, double& right) {
  std::string out;
  double x = l.left + 20 + map_letter_width * static_cast<double>(characters(map.columns_label));
  for (const Key& key : map.keys) {
    out += fmt::format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"16\" height=\"14\" fill=\"{}\"/>\n",
                       x, l.bottom + 27, escape(key.colour));
    out += text(x + 22, l.bottom + 38, "start", key.label);
    x += 40 + map_letter_width * static_cast<double>(characters(key.label));
  }
  right = x;
  return out;
}

}  // namespace

std::string svg(const HeatMap& map, const Setting& setting, std::string_view attributes) {
  const Layout l = layout_of(map);
  const bool labelled = labels_fit(map, l);
  std::string out;
  for (std::size_t i = 0; i < map.rows.size(); ++i) {
    out += text(l.left - 8, map_top + cell_height * static_cast<double>(i) + 17, "end",
                shorten(map.rows[i], row_letters));
  }
  double right_of_keys = 0;
  out += columns(map, l) + keys(map, l, right_of_keys);
  out += "<g font-size=\"11\" text-anchor=\"middle\">\n";
  for (std::size_t i = 0; i < map.cells.size(); ++i) {
    for (std::size_t j = 0; j < map.cells[i].size(); ++j) {
      if (map.cells[i][j]) out += cell(*map.cells[i][j], i, j, l, labelled);
    }
  }
  return document(std::ceil(std::max(l.right, right_of_keys)) + 8, l.bottom + 50, out + "</g>\n",
                  setting, attributes);
}

}  // namespace pion::tool
