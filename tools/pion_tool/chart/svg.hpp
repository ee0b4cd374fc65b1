// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "pion_tool/chart/svg_elements.hpp"
#include "pion_tool/chart/ticks.hpp"

/// Line charts as SVG.
namespace pion::tool {

/// A line, or points, through (x[i], y[i]). What lies outside the plot is cut off; at a point that
/// has no place on its axis (NaN; 0 on a logarithmic scale) the line breaks.
struct Series {
  std::string label;  ///< Empty: not in the legend.
  std::vector<double> x;
  std::vector<double> y;
  std::string colour = "#000000";
  double width = 1.8;
  std::string dashes = {};  ///< As in SVG's stroke-dasharray; empty for none.
  bool points = false;      ///< Points in place of a line.
  /// Of the same length as x: the limits of a pale band, such as an interval of confidence.
  std::vector<double> below = {};
  std::vector<double> above = {};
  std::string id = {};  ///< Of its element, for a page that switches it on and off.
};

/// A thin line across the plot at one value of x (upright) or y, with a label beside it.
struct Marker {
  bool upright = true;
  double at = 0.0;
  std::string label;
};

struct Chart {
  std::string title;
  Dimension x;
  Dimension y;
  std::vector<Series> series;
  std::vector<Marker> markers = {};
  bool legend = true;  ///< To be drawn; else the labels show where the pointer rests on a line.
  /// Names its clipping path. The charts of one page have different ones.
  std::string clip = "plot";
};

/// Colours that people who are colour-blind can tell apart (Okabe and Ito 2008, without the yellow,
/// which white swallows). With more lines than colours, let the dashes differ.
inline constexpr std::array<const char*, 7> palette = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                       "#56b4e9", "#e69f00", "#000000"};

/// Blue, from pale at 0 to dark at 1: for lines that have an order.
std::string shade(double depth);

/// The chart as SVG.
/// \param attributes  further ones of its <svg>, as they stand.
/// \throws std::invalid_argument if an axis is empty or has no end.
std::string svg(const Chart& chart, const Setting& setting = on_white,
                std::string_view attributes = "");

}  // namespace pion::tool
