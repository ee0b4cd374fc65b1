// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/chart/heat_map.hpp"

#include <string>

#include "report/support.hpp"
#include "support/catch.hpp"

using namespace pion::tool;

namespace {

HeatMap plain() {
  return {{"up", "down"},
          {"0", "1"},
          "layer",
          {{Cell{"#08306b", "1", "first", "#t0"}, Cell{"#b2cfec", "2", "second"}},
           {std::nullopt, Cell{"#ffffff", "3", "third", "#t2"}}},
          {{"#08306b", "dark"}}};
}

}  // namespace

TEST_CASE("a heat map has its cells, their places and what they say") {
  const std::string out = svg(plain());
  CHECK(count(out, "data-at=") == 3);
  CHECK(count(out, "<a href=\"#t0\" data-at=\"0,0\"><title>first</title>") == 1);
  CHECK(count(out, "<g data-at=\"0,1\"><title>second</title>") == 1);
  CHECK(count(out, "data-at=\"1,0\"") == 0);
  CHECK(count(out, ">down</text>") == 1);
  CHECK(count(out, ">dark</text>") == 1);
}

TEST_CASE("a cell's label is black or white, whatever reads better") {
  const std::string out = svg(plain());
  CHECK(count(out, "fill=\"#fff\">1<") == 1);
  CHECK(count(out, "fill=\"#000\">2<") == 1);
  CHECK(count(out, "fill=\"#000\">3<") == 1);
}

TEST_CASE("labels that do not all fit are left out, and so are columns that would touch") {
  HeatMap map = plain();
  map.cells[0][0]->label = "much too long for a cell";
  CHECK(count(svg(map), ">2<") == 0);
  map.columns.clear();
  map.cells.assign(2, {});
  for (int i = 0; i < 200; ++i) {
    map.columns.push_back(std::to_string(1000 + i));
    for (auto& row : map.cells) row.emplace_back(Cell{"#000000", "", ""});
  }
  const std::string out = svg(map);
  CHECK(count(out, "data-at=") == 400);
  CHECK(count(out, ">1000</text>") == 1);
  CHECK(count(out, ">1001</text>") == 0);
}

TEST_CASE("names in a heat map are text") {
  HeatMap map = plain();
  map.rows[0] = map.cells[0][0]->text = map.cells[0][0]->label = "</svg><script>";
  CHECK(count(svg(map), "<script>") == 0);
  CHECK(count(svg(map), "</svg>") == 1);
  CHECK(count(svg({}), "</svg>") == 1);
}
