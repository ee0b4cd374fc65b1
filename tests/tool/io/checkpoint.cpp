// SPDX-License-Identifier: Apache-2.0
// Covers io/shard_index.hpp too.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "pion_tool/io/checkpoint.hpp"
#include "pion_tool/io/shard_index.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using test::contains;
using test::message;
using test::TemporaryFolder;

/// A file with one tensor of 1x1 in F32.
std::string one(const std::string& name, float value = 1.0F) {
  return test::safetensors(
      "{\"" + name + R"(":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}})",
      test::raw(std::vector<float>{value}));
}

std::string index(const std::string& map) {
  return R"({"metadata":{"total_size":[1,{"a":null}]},"weight_map":{)" + map + "}}";
}

TEST_CASE("checkpoint: an index, a folder with one and without one", "[io]") {
  const TemporaryFolder folder;
  test::write(folder / "b.safetensors", one("b", 2.0F));
  test::write(folder / "a.safetensors", one("a", 3.0F));
  const auto check = [&](const std::filesystem::path& path) {
    const Checkpoint model(path);
    CHECK(model.shards().size() == 2);
    CHECK(model.all_entries().size() == 2);
    REQUIRE(model.find("b") != nullptr);
    CHECK(model.find("c") == nullptr);
    Tensor tensor = model.load(*model.find("b"), {"b", 1, 1, 0});
    CHECK(matrix_in<float>(tensor)(0, 0) == 2.0F);
  };
  check(folder / "");
  test::write(folder / "m.safetensors.index.json",
              index(R"("a":"a.safetensors","b":"b.safetensors")"));
  check(folder / "");
  check(folder / "m.safetensors.index.json");
  test::write(folder / "c.safetensors", one("a"));  // no shard of the index
  check(folder / "");
  test::write(folder / "other.index.json", index(R"("a":"a.safetensors")"));
  CHECK(contains(message([&] { Checkpoint model(folder / ""); }), "holds 2 indexes"));
  const Checkpoint single(folder / "c.safetensors");
  CHECK(single.shards().size() == 1);
}

TEST_CASE("checkpoint: the scales of a weight may lie in another shard", "[io]") {
  const TemporaryFolder folder;
  test::write(folder / "1.safetensors",
              test::safetensors(R"({"w":{"dtype":"F8_E4M3","shape":[1,2],"data_offsets":[0,2]}})",
                                "\x38\x40"));
  const auto value = [&] {
    const Checkpoint model(folder / "");
    Tensor tensor = model.load(*model.find("w"), {"w", 1, 2, 0});
    return matrix_in<float>(tensor)(0, 1);
  };
  CHECK(value() == 2.0F);
  test::write(folder / "2.safetensors", one("w_scale_inv", 3.0F));
  CHECK(value() == 6.0F);
}

TEST_CASE("checkpoint: a missing shard, a tensor twice, a loop of links", "[io]") {
  const TemporaryFolder folder;
  const auto at = folder / "m.index.json";
  test::write(folder / "a.safetensors", one("a"));
  const auto what = [&](const std::string& map) {
    test::write(at, index(map));
    return message([&] { Checkpoint model(at); });
  };
  CHECK(what(R"("a":"a.safetensors")") == "no error");
  CHECK(contains(what(R"("a":"a.safetensors","b":"b.safetensors")"),
                 "index: the shard \"b.safetensors\" is missing"));
  CHECK(contains(what(R"("a":"a.safetensors","b":"a.safetensors")"),
                 "index: tensor \"b\" is not in its shard \"a.safetensors\""));
  test::write(folder / "b.safetensors", one("a"));
  CHECK(contains(what(R"("a":"b.safetensors","b":"a.safetensors")"),
                 "tensor \"a\" is in two shards, \"a.safetensors\" and \"b.safetensors\""));
  CHECK(contains(what(R"("a":"a.safetensors","a":"a.safetensors")"), "stands there twice"));
  for (const char* elsewhere : {"../a.safetensors", "/a.safetensors", "x/a", "", "..", "."}) {
    CHECK(contains(what(R"("a":")" + std::string(elsewhere) + "\""),
                   "which is no name of a file beside the index"));
  }
  std::filesystem::remove(at);
  std::filesystem::remove(folder / "b.safetensors");
  std::error_code none;
  std::filesystem::create_symlink("l.safetensors", folder / "l.safetensors", none);
  if (!none) CHECK(contains(message([&] { Checkpoint model(folder / ""); }), "cannot open"));
  const TemporaryFolder empty;
  CHECK(contains(message([&] { Checkpoint model(empty / ""); }),
                 "without a .safetensors, .npy or .npz"));
}

TEST_CASE("shard index: what is no index is refused in one line", "[io]") {
  const auto what = [](const std::string& text) {
    return message([&] { parse_shard_index("i", text); });
  };
  CHECK(what("{\"weight_map\":{\"a\":\"b\"}}") == "no error");
  CHECK(contains(what(""), "not JSON"));
  CHECK(contains(what("[]"), "not a JSON object"));
  CHECK(contains(what("3"), "not a JSON object"));
  CHECK(contains(what("{}"), "no \"weight_map\""));
  CHECK(contains(what("{\"weight_map\":3}"), "\"weight_map\" is not an object"));
  CHECK(contains(what("{\"weight_map\":[]}"), "\"weight_map\" is not an object"));
  CHECK(contains(what("{\"weight_map\":{}}"), "names no tensor"));
  CHECK(contains(what("{\"weight_map\":{\"a\":1}}"), "the file of tensor \"a\" is not a text"));
  CHECK(contains(what("{\"weight_map\":{\"a\":{\"b\":\"c\"}}}"), "is not a text"));
  CHECK(contains(what("{\"weight_map\":{\"a\":[\"c\"]}}"), "is not a text"));
  CHECK(contains(what("{\"weight_map\":{\"a\":\"b\"},\"weight_map\":{\"a\":\"b\"}}"), "twice"));
  CHECK(contains(what("{\"weight_map\":{\"a\":\"b\"}"), "not JSON"));
  CHECK(what("{\"x\":{\"weight_map\":3},\"weight_map\":{\"a\":\"b\"}}") == "no error");
}

TEST_CASE("shard index: what is rewritten keeps its order, and all that it says else", "[io]") {
  const std::string text =
      R"({"z":[1],"metadata":{"total_size":9,"by":"x"},"weight_map":{"b":"1","a":"2","c":"1"}})";
  const std::string out = rewrite_shard_index(text, {"a"}, 7);
  CHECK(parse_shard_index("i", out) == WeightMap{{"b", "1"}, {"c", "1"}});
  const auto without_spaces = [](std::string of) {
    of.erase(std::remove_if(of.begin(), of.end(), [](char c) { return c == ' ' || c == '\n'; }),
             of.end());
    return of;
  };
  CHECK(without_spaces(out) ==
        R"({"z":[1],"metadata":{"total_size":7,"by":"x"},"weight_map":{"b":"1","c":"1"}})");
  CHECK(without_spaces(rewrite_shard_index(R"({"weight_map":{"a":"1"}})", {}, 7)) ==
        R"({"weight_map":{"a":"1"}})");
}

}  // namespace
}  // namespace pion::io
