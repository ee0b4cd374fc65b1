// SPDX-License-Identifier: Apache-2.0
#include "pion/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "pion/text.hpp"

namespace pion::tool {
namespace {

constexpr double height = 460;
constexpr double left = 68, right = 640, top = 44, bottom = 404;  // the plot
constexpr double line_height = 19;
constexpr std::size_t legend_lines = 18;
constexpr std::size_t legend_letters = 34;
constexpr double letter_width = 7;

/// The bytes of the UTF-8 character that `text` begins with; 0 where it begins with none.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t length = 1;
  if (byte(0) >= 0x80) length = byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  if ((0x80 <= byte(0) && byte(0) < 0xc2) || byte(0) > 0xf4 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  return length;
}

/// The text as XML has it. What XML cannot hold, control characters and bytes that are not UTF-8,
/// becomes question marks.
std::string escape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const char c = text[0];
    if (length == 0 || static_cast<unsigned char>(c) < 0x20) {
      out += '?';
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

double across(const Chart& c, double x) { return left + position(c.x, x) * (right - left); }
double up(const Chart& c, double y) { return bottom - position(c.y, y) * (bottom - top); }

std::string text(double x, double y, std::string_view anchor, std::string_view content,
                 std::string_view style = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" {}>{}</text>\n", x, y,
                     anchor, style, escape(content));
}

std::string line(double x1, double y1, double x2, double y2, std::string_view style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1,
                     x2, y2, style);
}

std::string dot(double x, double y, const Series& s) {
  return fmt::format(
      "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\" stroke=\"none\"/>\n", x, y,
      escape(s.colour));
}

std::string stroke(const Series& s) {
  return fmt::format("stroke=\"{}\" stroke-width=\"{}\" stroke-dasharray=\"{}\"", escape(s.colour),
                     s.width, s.dashes.empty() ? "none" : escape(s.dashes));
}

std::string axes(const Chart& c) {
  constexpr const char* grid = "stroke=\"#e4e4e4\"";
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
      "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#888888\"/>\n",
      left, top, right - left, bottom - top);
  const double middle = 0.5 * (top + bottom);
  out += text(0.5 * (left + right), bottom + 42, "middle", c.x.label);
  out +=
      text(18, middle, "middle", c.y.label, fmt::format("transform=\"rotate(-90 18 {})\"", middle));
  return out + text(left, 26, "start", c.title, "font-size=\"15\" font-weight=\"bold\"");
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

std::string marker(const Chart& c, const Marker& m) {
  constexpr const char* style = "stroke=\"#555555\" stroke-dasharray=\"2 3\"";
  constexpr const char* halo = "stroke=\"white\" stroke-width=\"3\" paint-order=\"stroke\"";
  const Dimension& d = m.upright ? c.x : c.y;
  if (!(d.lo <= m.at && m.at <= d.hi)) return "";
  if (!m.upright) {
    return line(left, up(c, m.at), right, up(c, m.at), style) +
           text(right - 6, up(c, m.at) - 4, "end", m.label, halo);
  }
  const double x = across(c, m.at);
  const bool before = x > 0.5 * (left + right);  // the label, where there is more room
  return line(x, top, x, bottom, style) +
         text(before ? x - 6 : x + 6, bottom - 10, before ? "end" : "start", m.label, halo);
}

/// Of the page: what the longest line of the legend needs.
double width(const Chart& c) {
  std::size_t letters = 8;
  for (const Series& s : c.series) letters = std::max(letters, characters(s.label));
  return right + 64 + letter_width * static_cast<double>(std::min(letters, legend_letters));
}

std::string legend(const Chart& c) {
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

std::string svg(const Chart& c) {
  require_sound(c.x);
  require_sound(c.y);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" "
      "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12.5\" fill=\"#222222\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<clipPath id=\"plot\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
      width(c), height, width(c), height, left, top, right - left, bottom - top);
  out += axes(c) + "<g clip-path=\"url(#plot)\" fill=\"none\" stroke-linejoin=\"round\">\n";
  for (const Series& s : c.series) out += curve(c, s);
  out += "</g>\n";
  for (const Marker& m : c.markers) out += marker(c, m);
  return out + legend(c) + "</svg>\n";
}

}  // namespace pion::tool
