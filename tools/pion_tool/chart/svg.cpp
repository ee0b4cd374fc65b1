// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/chart/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pion_tool/chart/svg_elements.hpp"
#include "pion_tool/cli/text.hpp"

namespace pion::tool {
namespace {

using namespace element;

constexpr double height = 460;
constexpr double left = 68, right = 640, top = 44, bottom = 404;  // the plot
constexpr double line_height = 19;
constexpr std::size_t legend_lines = 18;
constexpr std::size_t legend_letters = 34;
constexpr std::size_t title_letters = 76;
constexpr double letter_width = 7;

double across(const Chart& c, double x) { return left + position(c.x, x) * (right - left); }
double up(const Chart& c, double y) { return bottom - position(c.y, y) * (bottom - top); }

std::string dot(double x, double y, const Series& s) {
  return fmt::format(
      "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\" stroke=\"none\"/>\n", x, y,
      escape(s.colour));
}

std::string stroke(const Series& s) {
  return fmt::format("stroke=\"{}\" stroke-width=\"{}\" stroke-dasharray=\"{}\"", escape(s.colour),
                     s.width, s.dashes.empty() ? "none" : escape(s.dashes));
}

std::string axes(const Chart& c, const Setting& setting) {
  const std::string grid = fmt::format("stroke=\"{}\"", setting.grid);
  std::string out;
  for (const double t : ticks(c.x)) {
    out += line(across(c, t), top, across(c, t), bottom, grid);
    out += text(across(c, t), bottom + 18, "middle", fmt::format("{:.6g}", t));
  }
  for (const double t : ticks(c.y)) {
    out += line(left, up(c, t), right, up(c, t), grid);
    out += text(left - 8, up(c, t) + 4, "end", fmt::format("{:.6g}", t));
  }
  out += fmt::format(
      "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"{}\"/>\n", left,
      top, right - left, bottom - top, setting.frame);
  const double middle = 0.5 * (top + bottom);
  out += text(0.5 * (left + right), bottom + 42, "middle", c.x.label);
  out +=
      text(18, middle, "middle", c.y.label, fmt::format("transform=\"rotate(-90 18 {})\"", middle));
  return out + text(left, 26, "start", shorten(c.title, title_letters),
                    "font-size=\"15\" font-weight=\"bold\"");
}

struct Point {
  double x, y;
};

/// The points that a line from end to end, and so on between, misses by more than a tenth of a
/// pixel (Douglas and Peucker's method), into `kept`, but the last.
void simplify(const std::vector<Point>& p, std::size_t from, std::size_t to,
              std::vector<Point>& kept) {
  const double dx = p[to].x - p[from].x, dy = p[to].y - p[from].y, length = std::hypot(dx, dy);
  double furthest = 0.1;
  std::size_t at = from;
  for (std::size_t i = from + 1; i < to; ++i) {
    const double x = p[i].x - p[from].x, y = p[i].y - p[from].y;
    const double off = length > 0.0 ? std::fabs(x * dy - y * dx) / length : std::hypot(x, y);
    if (off <= furthest) continue;
    furthest = off;
    at = i;
  }
  if (at == from) {
    kept.push_back(p[from]);
    return;
  }
  simplify(p, from, at, kept);
  simplify(p, at, to, kept);
}

/// From below to above, where both have a place.
std::string band(const Chart& c, const Series& s) {
  std::string below, above;
  for (std::size_t i = 0; i < std::min({s.x.size(), s.below.size(), s.above.size()}); ++i) {
    const double x = across(c, s.x[i]);
    const double y0 = up(c, s.below[i]);
    const double y1 = up(c, s.above[i]);
    if (!std::isfinite(x) || !std::isfinite(y0) || !std::isfinite(y1)) continue;
    below += fmt::format(" {:.2f},{:.2f}", x, std::clamp(y0, -1e4, 1e4));
    above.insert(0, fmt::format(" {:.2f},{:.2f}", x, std::clamp(y1, -1e4, 1e4)));
  }
  if (below.empty()) return "";
  return fmt::format("<polygon points=\"{}{}\" fill=\"{}\" fill-opacity=\"0.15\"/>\n",
                     below.substr(1), above, escape(s.colour));
}

std::string curve(const Chart& c, const Series& s) {
  std::string out;
  std::vector<Point> run;
  const auto end_run = [&] {
    if (run.empty()) return;
    std::vector<Point> kept;
    simplify(run, 0, run.size() - 1, kept);
    kept.push_back(run.back());
    std::string points;
    for (const Point& p : kept) {
      points += fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ", p.x, p.y);
    }
    out += fmt::format("<polyline points=\"{}\" {}/>\n", points, stroke(s));
    run.clear();
  };
  for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
    const double x = across(c, s.x[i]);
    const double y = up(c, s.y[i]);
    if (!std::isfinite(x) || !std::isfinite(y)) {
      end_run();
    } else if (s.points) {
      out += dot(x, y, s);
    } else {  // no renderer takes numbers of any size
      run.push_back({std::clamp(x, -1e4, 1e4), std::clamp(y, -1e4, 1e4)});
    }
  }
  end_run();
  return out;
}

/// The line and its band; in an element of their own where the page must find them.
std::string drawn(const Chart& c, const Series& s) {
  const std::string lines = band(c, s) + curve(c, s);
  if (s.id.empty()) return lines;
  return fmt::format("<g id=\"{}\"><title>{}</title>{}</g>\n", escape(s.id), escape(s.label),
                     lines);
}

std::string marker(const Chart& c, const Marker& m, const Setting& setting) {
  const std::string style = fmt::format("stroke=\"{}\" stroke-dasharray=\"2 3\"", setting.marker);
  const std::string halo =
      fmt::format("stroke=\"{}\" stroke-width=\"3\" paint-order=\"stroke\"", setting.paper);
  const Dimension& d = m.upright ? c.x : c.y;
  if (!(d.lo <= m.at && m.at <= d.hi)) return "";
  if (!m.upright) {
    return line(left, up(c, m.at), right, up(c, m.at), style) +
           text(right - 6, up(c, m.at) - 4, "end", m.label, halo);
  }
  const double x = across(c, m.at);
  // The label, where there is more room, and where a curve that rises here leaves some.
  const bool before = x > 0.5 * (left + right);
  return line(x, top, x, bottom, style) + text(before ? x - 6 : x + 6,
                                               before ? top + 18 : bottom - 10,
                                               before ? "end" : "start", m.label, halo);
}

/// Of the page: what the longest line of the legend needs.
double width(const Chart& c) {
  if (!c.legend) return right + 14;
  std::size_t letters = 8;
  for (const Series& s : c.series) letters = std::max(letters, characters(s.label));
  return right + 64 + letter_width * static_cast<double>(std::min(letters, legend_letters));
}

std::string legend(const Chart& c) {
  if (!c.legend) return "";
  std::string out;
  double y = top + 12;
  std::size_t count = 0;
  for (const Series& s : c.series) {
    if (s.label.empty() || ++count > legend_lines) continue;
    out += s.points ? dot(right + 28, y - 4, s)
                    : line(right + 14, y - 4, right + 42, y - 4, stroke(s));
    out += text(right + 50, y, "start", shorten(s.label, legend_letters));
    y += line_height;
  }
  if (count <= legend_lines) return out;
  return out + text(right + 50, y, "start", fmt::format("and {} more", count - legend_lines));
}

}  // namespace

std::string shade(double depth) {
  const auto mix = [depth](int pale, int dark) {
    return static_cast<int>(std::lround(pale + depth * (dark - pale)));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(178, 8), mix(207, 48), mix(236, 107));
}

std::string svg(const Chart& c, const Setting& setting, std::string_view attributes) {
  require_sound(c.x);
  require_sound(c.y);
  std::string out = fmt::format(
      "<clipPath id=\"{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
      escape(c.clip), left, top, right - left, bottom - top);
  out += axes(c, setting) +
         fmt::format("<g clip-path=\"url(#{})\" fill=\"none\" stroke-linejoin=\"round\">\n",
                     escape(c.clip));
  for (const Series& s : c.series) out += drawn(c, s);
  out += "</g>\n";
  for (const Marker& m : c.markers) out += marker(c, m, setting);
  return document(width(c), height, out + legend(c), setting, attributes);
}

}  // namespace pion::tool
