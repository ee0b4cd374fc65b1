// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/summary.hpp"

#include <string>
#include <vector>

#include "report/support.hpp"
#include "support/catch.hpp"

using namespace pion::tool;

namespace {

std::string all_of(const std::vector<Finding>& findings) {
  const std::vector<std::vector<Finding>> all = {findings};
  std::string text;
  const std::vector<PlacedTensor> placed = place_all({"model.safetensors"}, all);
  for (const std::string& paragraph :
       summary({"model.safetensors"}, placed, measures(1e-6, placed))) {
    text += paragraph + "\n";
  }
  return text;
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return count(text, part) == 1;
}

}  // namespace

TEST_CASE("the summary counts, and names the extremes") {
  std::vector<Finding> findings;
  for (int layer = 0; layer < 6; ++layer) {  // steep spectra first
    findings.push_back(matrix_finding("h." + std::to_string(layer) + ".up.weight", 64, 64,
                                      3.0 - 0.5 * layer,
                                      layer == 0 ? Optimizer::pion : Optimizer::muon));
  }
  findings.push_back(vector_finding("norm.weight"));
  findings.push_back(broken_finding("h.9.up.weight"));
  const std::string text = all_of(findings);
  CHECK(says(text, "This is model.safetensors. Of 8 tensors, 6 were measured and 2 not"));
  CHECK(says(text, "1 tensor has something wrong."));
  // 64 * 64 entries each, 7 of them, and a vector of 8.
  CHECK(says(text,
             "AdamW for 1 tensor with 0.0 percent of the parameters, Muon for 5 tensors with 83.1 "
             "percent of the parameters and Pion for 1 tensor with 16.6"));
  CHECK(says(text, "(h.0.up) to "));
  CHECK(says(text, "From the first third of the layers to the last, the middle one rises from"));
  CHECK(says(text, "keeps 1, 2, 3, 4 and 5 directions"));
}

TEST_CASE("the summary of little is short") {
  CHECK(says(all_of({}), "Of 0 tensors, none was measured."));
  CHECK(says(all_of({vector_finding("a")}), "Of 1 tensor, none was measured and 1 not"));
  CHECK(says(all_of({matrix_finding("a", 3, 3, 1.0)}), "Of 1 tensor, it was measured."));
  const Finding zero = [] {
    Finding f = matrix_finding("a", 3, 3, 1.0);
    f.spectrum.emplace(Eigen::VectorXd::Zero(3), 3, 3);
    f.suggestion = {};
    return f;
  }();
  CHECK(says(all_of({zero}), "No optimiser is suggested."));
}

TEST_CASE("what was not measured is gathered by its reason, problems first") {
  const std::vector<std::vector<Finding>> all = {{vector_finding("a"), broken_finding("b"),
                                                  vector_finding("c"),
                                                  matrix_finding("d", 2, 2, 1)}};
  const auto groups = unmeasured(place_all({"x"}, all));
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].problem);
  CHECK(groups[0].tensors == std::vector<std::size_t>{1});
  CHECK(groups[1].tensors == std::vector<std::size_t>{0, 2});
}

TEST_CASE("the middle one") {
  CHECK(median({}) == 0.0);
  CHECK(median({3.0}) == 3.0);
  CHECK(median({4.0, 1.0}) == 1.0);
  CHECK(median({5.0, 1.0, 3.0}) == 3.0);
}
