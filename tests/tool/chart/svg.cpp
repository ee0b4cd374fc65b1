// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "pion_tool/chart/svg.hpp"
#include "pion_tool/chart/ticks.hpp"
#include "support/catch.hpp"

using namespace pion::tool;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

Chart plain() { return {"title", {"x"}, {"y"}, {{"line", {0.0, 0.5, 1.0}, {0.0, 1.0, 0.5}}}}; }

}  // namespace

TEST_CASE("marks of a linear axis are few, round and inside") {
  using Marks = std::vector<double>;
  const auto near = [](const Marks& a, const Marks& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::fabs(a[i] - b[i]) < 1e-12);
  };
  near(ticks({"", 0.0, 1.0}), {0.0, 0.2, 0.4, 0.6, 0.8, 1.0});
  near(ticks({"", -0.03, 1.03}), {0.0, 0.2, 0.4, 0.6, 0.8, 1.0});
  near(ticks({"", -1.0, 1.0}), {-1.0, -0.5, 0.0, 0.5, 1.0});
  near(ticks({"", 0.0, 7.0}), {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0});
  for (const double scale : {1e-300, 1e-9, 0.37, 1.0, 81.0, 1e12, 1e300}) {
    const Dimension d{"", -scale, 2.3 * scale};
    CHECK(ticks(d).size() >= 3);
    CHECK(ticks(d).size() <= 10);
    for (const double t : ticks(d)) CHECK((d.lo <= t && t <= d.hi));
  }
  CHECK_FALSE(std::signbit(ticks({"", -0.01, 1.0}).front()));
}

TEST_CASE("marks of a logarithmic axis are powers of ten, with 2 and 5 where there is room") {
  const auto log = [](double lo, double hi) { return ticks({"", lo, hi, Scale::logarithmic}); };
  CHECK(log(1.0, 20.0) == std::vector<double>{1.0, 2.0, 5.0, 10.0, 20.0});
  CHECK(log(1.0, 1e6).size() == 7);
  CHECK(log(1e-12, 1e12).size() == 9);
}

TEST_CASE("values lie where the scale puts them") {
  CHECK(position({"", 2.0, 4.0}, 3.0) == 0.5);
  CHECK(position({"", 2.0, 4.0}, 5.0) == 1.5);
  CHECK(std::fabs(position({"", 0.01, 1.0, Scale::logarithmic}, 0.1) - 0.5) < 1e-12);
  CHECK_FALSE(std::isfinite(position({"", 0.01, 1.0, Scale::logarithmic}, 0.0)));
}

TEST_CASE("an axis without extent is refused") {
  for (const Dimension& bad :
       {Dimension{"x", 1.0, 1.0}, Dimension{"x", 1.0, 0.0}, Dimension{"x", no_number, 1.0},
        Dimension{"x", 0.0, infinity}, Dimension{"x", 0.0, 1.0, Scale::logarithmic},
        Dimension{"x", -1e308, 1e308}}) {
    Chart chart = plain();
    chart.x = bad;
    CHECK_THROWS_AS(svg(chart), std::invalid_argument);
    chart = plain();
    chart.y = bad;
    CHECK_THROWS_AS(svg(chart), std::invalid_argument);
  }
}

TEST_CASE("text is escaped") {
  Chart chart = plain();
  chart.title = "a < b & \"c\" > \x01\n";
  chart.series[0].label = "</svg><script>";
  const std::string out = svg(chart);
  CHECK(count(out, "a &lt; b &amp; &quot;c&quot; > ??") == 1);
  CHECK(count(out, "<script>") == 0);
  CHECK(count(out, "</svg>") == 1);
}

TEST_CASE("what is not UTF-8 becomes question marks, and the rest stays") {
  Chart chart = plain();
  chart.title = "\xcf\x83 \xff \xe2\x82 \xc3";  // sigma, a stray byte, and two cut characters
  CHECK(count(svg(chart), ">\xcf\x83 ? ?? ?</text>") == 1);
}

TEST_CASE("long names lose their middle") {
  Chart chart = plain();
  chart.series[0].label = std::string(40, 'x') + std::string(40, 'y');
  CHECK(count(svg(chart), ">" + std::string(16, 'x') + "…" + std::string(17, 'y') + "<") == 1);
}

TEST_CASE("a line breaks where a point has no place") {
  Chart chart = plain();
  chart.series[0].y = {0.0, no_number, 1.0};
  CHECK(count(svg(chart), "<polyline") == 2);
  chart.series[0].y = {0.0, 1.0, infinity};
  CHECK(count(svg(chart), "<polyline") == 1);
  chart.y = {"y", 0.1, 1.0, Scale::logarithmic};
  chart.series[0].y = {0.0, -1.0, 0.5};
  CHECK(count(svg(chart), "<polyline") == 1);
  CHECK(count(svg(chart), "nan") + count(svg(chart), "inf") == 0);
}

TEST_CASE("points, markers and the legend") {
  Chart chart = plain();
  chart.series[0].points = true;
  CHECK(count(svg(chart), "<circle") == 4);  // three, and one in the legend
  chart.series[0].label = "";
  CHECK(count(svg(chart), "<circle") == 3);

  chart.markers = {{true, 0.5, "here"}, {false, 0.5, "there"}, {true, 1.5, "outside"}};
  CHECK(count(svg(chart), ">here</text>") == 1);
  CHECK(count(svg(chart), ">there</text>") == 1);
  CHECK(count(svg(chart), "outside") == 0);

  chart.series.assign(30, {"one of many", {0.0, 1.0}, {0.0, 1.0}});
  CHECK(count(svg(chart), "one of many") == 18);
  CHECK(count(svg(chart), "and 12 more") == 1);
}

TEST_CASE("shades go from pale to dark") {
  CHECK(shade(0.0) == "#b2cfec");
  CHECK(shade(1.0) == "#08306b");
}
