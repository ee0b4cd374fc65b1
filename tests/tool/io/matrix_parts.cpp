// SPDX-License-Identifier: Apache-2.0
#include <numeric>
#include <string>
#include <vector>

#include "pion_tool/io/matrix_parts.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

std::vector<MatrixPart> in(const std::string& name, const Shape& shape,
                           const PartPatterns& patterns = {}) {
  return matrices_in({name, "F32", DType::f32, shape}, patterns);
}

TEST_CASE("matrix parts: they cover the tensor once, in its order", "[io]") {
  for (const Shape& shape : std::vector<Shape>{{3, 4},
                                               {0, 4},
                                               {1, 1},
                                               {5, 3, 4},
                                               {1, 3, 4},
                                               {6, 1, 4},
                                               {6, 4, 1},
                                               {8, 3, 5, 5},
                                               {2, 3, 4, 5, 6}}) {
    for (const char* name : {"experts.up_proj", "conv1.weight"}) {
      for (const PartPatterns& patterns :
           {PartPatterns{}, PartPatterns{{"*"}, {}}, PartPatterns{{}, {"*"}}}) {
        INFO(name << " " << to_string(shape));
        std::uint64_t covered = 0;
        for (const MatrixPart& part : in(name, shape, patterns)) {
          CHECK(part.first == covered);
          covered += part.size();
        }
        std::uint64_t values = 1;
        for (const std::int64_t extent : shape) values *= static_cast<std::uint64_t>(extent);
        CHECK(covered == values);
      }
    }
  }
}

TEST_CASE("matrix parts: stacks, kernels and what is said of them", "[io]") {
  const auto experts = in("layers.0.mlp.experts.up_proj", {4, 6, 5});
  REQUIRE(experts.size() == 4);
  CHECK(experts[3].name == "layers.0.mlp.experts.up_proj[3]");
  CHECK((experts[3].rows == 6 && experts[3].cols == 5 && experts[3].first == 90));
  const auto is_one = [](const std::vector<MatrixPart>& parts, std::int64_t rows,
                         std::int64_t cols) {
    return parts.size() == 1 && parts[0].rows == rows && parts[0].cols == cols;
  };
  CHECK(is_one(in("patch_embed.proj.weight", {8, 3, 14, 14}), 8, 588));
  CHECK(is_one(in("visual.patch_embed.proj.weight", {8, 3, 2, 14, 14}), 8, 1176));
  CHECK(is_one(in("model.encoder.conv1.weight", {8, 5, 3}), 8, 15));
  CHECK(is_one(in("mixer.kernel", {8, 1, 4}), 8, 4));
  CHECK(is_one(in("pos_embed", {1, 7, 6}), 7, 6));
  CHECK(in("pos_embed", {1, 7, 6})[0].name == "pos_embed");
  CHECK(is_one(in("experts.up", {4, 6, 5}, {{"*up"}, {}}), 4, 30));
  CHECK(in("blocks", {2, 3, 6, 5}, {{}, {"bl*"}}).size() == 6);
  CHECK(in("blocks", {2, 3, 6, 5}, {{"blocks"}, {"blocks"}}).size() == 1);
  CHECK(in("", {}).empty());
  CHECK(in("bias", {7}).empty());
  CHECK(in("none", {1LL << 62, 0, 4}).empty());
}

}  // namespace
}  // namespace pion::io
