// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/model_map.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "report/support.hpp"
#include "support/catch.hpp"

using namespace pion::tool;

TEST_CASE("a cell of a map leads to the row of a tensor of its layer and module") {
  std::vector<Finding> all = {vector_finding("model.norm.weight")};
  for (const char* layer : {"2", "0", "11"}) {  // not in order
    const std::string begin = std::string("model.layers.") + layer + ".";
    all.push_back(vector_finding(begin + "norm.weight"));
    all.push_back(matrix_finding(begin + "q_proj.weight", 8, 6, 0.5));
    for (const char* expert : {"0", "1", "2"}) {
      all.push_back(matrix_finding(begin + "experts." + expert + ".up.weight", 8, 6, 0.5));
    }
    all.push_back(broken_finding(begin + "o_proj.weight"));
  }
  const std::vector<std::vector<Finding>> files = {all, {matrix_finding("h.0.up", 8, 6, 1.0)}};
  const std::vector<PlacedTensor> tensors = place_all({"a", "b"}, files);
  for (const ModelMap& map : model_maps(tensors, measures(1e-6, tensors))) {
    INFO(map.key);
    std::set<std::string> links;
    for (std::size_t row = 0; row < map.map.rows.size(); ++row) {
      for (std::size_t column = 0; column < map.map.columns.size(); ++column) {
        const auto& cell = map.map.cells[row][column];
        if (!cell) continue;
        INFO(cell->text);
        std::size_t led = 0;  // to how many tensors
        for (std::size_t i = 0; i < tensors.size(); ++i) {
          if (cell->link != "#" + row_id(i)) continue;
          ++led;
          CHECK(tensors[i].place.module == map.map.rows[row]);
          CHECK(std::to_string(tensors[i].place.layer.value_or(-1)) == map.map.columns[column]);
        }
        CHECK(led == 1);
        links.insert(cell->link);
      }
    }
    // Three layers of q_proj and the experts, one tensor of the other file; for the suggestion, the
    // three that could not be measured too.
    CHECK(links.size() == (map.key == "suggestion" ? 10 : 7));
  }
}
