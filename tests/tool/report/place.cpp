// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/place.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/support.hpp"
#include "support/catch.hpp"

using namespace pion::tool;

namespace {

/// "12 self_attn.q_proj" of each name; "-" for no layer.
std::vector<std::string> places(const std::vector<std::string_view>& names) {
  std::vector<std::string> out;
  for (const Place& p : places_of(names)) {
    out.push_back((p.layer ? std::to_string(*p.layer) : "-") + " " + p.module);
  }
  return out;
}

}  // namespace

TEST_CASE("a name tells layer and module") {
  using Names = std::vector<std::string>;
  CHECK(places({"model.layers.12.self_attn.q_proj.weight", "lm_head.weight"}) ==
        Names{"12 self_attn.q_proj", "- lm_head"});
  CHECK(places({"blocks.0.o_proj.weight", "blocks.1.o_proj.bias"}) ==
        Names{"0 o_proj", "1 o_proj.bias"});
  CHECK(places({"0.weight", "2.weight", "3"}) == Names{"0 weight", "2 weight", "3 layer"});
  CHECK(places({"layers.3.experts.up_proj[17]", "layers.3.experts.up_proj[18]"}) ==
        Names{"3 experts.up_proj.*", "3 experts.up_proj.*"});
  CHECK(places({"decoder.wi[5]", "w[x]", "[2]", "a[1", "a1]"}) ==
        Names{"5 decoder.wi", "- w[x]", "2 layer", "- a[1", "- a1]"});
  CHECK(places({"h/7/attn/c_attn/weight"}) == Names{"7 attn.c_attn"});
  CHECK(places({"model.layers.3.mlp.experts.17.up_proj.weight"}) ==
        Names{"3 mlp.experts.*.up_proj"});
  CHECK(places({""}) == Names{"- "});
  CHECK(places({"weight", ".weight"}) == Names{"- weight", "- .weight"});
}

TEST_CASE("what stands before the layers counts where it differs") {
  using Names = std::vector<std::string>;
  CHECK(places({"t5.encoder.block.0.wi.weight", "t5.decoder.block.1.wi.weight"}) ==
        Names{"0 encoder.wi", "1 decoder.wi"});
  CHECK(places({"model.layers.0.up.weight", "mtp.layers.0.up.weight"}) ==
        Names{"0 model.up", "0 mtp.up"});
  CHECK(places({"layers.0.up.weight", "mtp.layers.0.up.weight"}) == Names{"0 up", "0 mtp.up"});
  CHECK(places({"layers.layers.0.a", "layers.0.a"}) == Names{"0 layers.a", "0 a"});
}

TEST_CASE("a model has the name of its file or its folder") {
  CHECK(stem_of("a/b.safetensors") == "b");
  CHECK(stem_of("a/model.safetensors.index.json") == "model");
  CHECK(stem_of("Qwen3-1.7B") == "Qwen3-1.7B");
  CHECK(stem_of("a/Qwen3-1.7B/") == "Qwen3-1.7B");
  CHECK(stem_of("step.100.npy") == "step.100");
  CHECK(stem_of(".npy") == ".npy");
}

TEST_CASE("no number is a layer that is not one") {
  const auto layer = [](std::string_view name) { return places_of({name})[0].layer; };
  CHECK_FALSE(layer("conv1.weight"));
  CHECK_FALSE(layer("a.-1.weight"));
  CHECK_FALSE(layer("a.1x.weight"));
  CHECK_FALSE(layer("a.99999999999999999999.weight"));
  CHECK(layer("a.007.weight") == 7);
}

TEST_CASE("the same names in two files are told apart by the file") {
  const std::vector<std::vector<Finding>> all = {{matrix_finding("h.0.up.weight", 4, 4, 1.0)},
                                                 {matrix_finding("h.0.up.weight", 4, 4, 1.0)}};
  const auto placed = place_all({"a/old.npy", "b/new.npy"}, all);
  REQUIRE(placed.size() == 2);
  CHECK(placed[0].place.module == "old: up");
  CHECK(placed[1].place.module == "new: up");
  CHECK(placed[1].file == 1);
  const auto shards = place_all({"a", "b"}, {{vector_finding("h.0.a")}, {vector_finding("h.1.a")}});
  CHECK(shards[0].place.module == "a");
}
