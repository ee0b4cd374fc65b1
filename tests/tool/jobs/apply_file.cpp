// SPDX-License-Identifier: Apache-2.0
// Models in shards: each matrix is filtered as by the library, all else is copied, and the folder
// is there whole or not at all.
#include "pion_tool/jobs/apply_file.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <pion/apply.hpp>
#include <pion/filter/chains.hpp>
#include <random>
#include <string>
#include <vector>

#include "io/support.hpp"
#include "support/catch.hpp"

namespace pion::tool {
namespace {

namespace fs = std::filesystem;
using io::DType;
using io::test::contains;
using io::test::message;
using io::test::TemporaryFolder;
using Tensors = std::vector<io::RawTensor>;

const Filter muon{chains::muon(), Normalizer::frobenius};

io::Tensor random_matrix(const std::string& name, Index rows, Index cols, DType dtype) {
  static std::mt19937 random(1);
  std::normal_distribution<double> normal;
  const Eigen::MatrixXd x =
      Eigen::MatrixXd::NullaryExpr(rows, cols, [&](Index, Index) { return normal(random); });
  return io::from_matrix(name, x, dtype);
}

/// A tensor of bytes without a DType.
io::RawTensor raw(const std::string& name, const std::string& type, const io::Shape& shape,
                  const std::string& bytes) {
  const auto* const begin = reinterpret_cast<const std::byte*>(bytes.data());
  return {{name, type, {}, shape}, {begin, begin + bytes.size()}};
}

/// Writes the shards 1, 2, ... of a model and its index, as a trainer would.
void write_model(const fs::path& folder, const std::vector<Tensors>& shards) {
  fs::create_directory(folder);
  nlohmann::ordered_json index = {{"metadata", {{"by", "x"}, {"total_size", 0}}}};
  std::size_t total = 0;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::string name = std::to_string(i + 1) + ".safetensors";
    write_safetensors(folder / name, shards[i], {{"step", name}});
    for (const io::RawTensor& tensor : shards[i]) {
      index["weight_map"][tensor.info.name] = name;
      total += tensor.bytes.size();
    }
  }
  index["metadata"]["total_size"] = total;
  io::test::write(folder / "m.index.json", index.dump());
}

FilteredFile filter(const fs::path& model, const fs::path& out, const Filter& by = muon,
                    const std::optional<double>& tolerance = {}) {
  const io::Checkpoint checkpoint(model);
  FileFiltering filtering(checkpoint, {by, Method::automatic, {}, tolerance}, {}, tolerance);
  filtering.folder(out);
  return filtering.result();
}

/// The library's result, in the tensor's own type.
std::vector<std::byte> filtered(const io::Tensor& tensor) {
  std::vector<std::byte> bytes;
  io::detail::with_type(tensor.dtype, [&](auto zero) {
    using Scalar = decltype(zero);
    const io::Matrix<Scalar> y = pion::apply(muon, io::to_matrix<Scalar>(tensor));
    bytes = io::from_matrix(tensor.name, y, tensor.dtype).bytes;
  });
  return bytes;
}

std::vector<std::byte> bytes_of(const fs::path& model, const std::string& name) {
  const io::Checkpoint checkpoint(model);
  const io::TensorFile shard = checkpoint.open(checkpoint.shard_of(*checkpoint.find(name)));
  return shard.safetensors()->load_raw(name).bytes;
}

}  // namespace

TEST_CASE("a model in shards is filtered as its matrices are, and all else is copied") {
  const TemporaryFolder folder;
  const std::vector<io::Tensor> matrices = {
      random_matrix("a", 5, 3, DType::f32), random_matrix("b", 4, 9, DType::bf16),
      random_matrix("c", 7, 7, DType::f64), random_matrix("d", 1, 6, DType::f16)};
  io::Tensor tied = matrices[0];  // the same values under another name, as of tied embeddings
  tied.name = "tied";
  write_model(folder / "in", {{matrices[3], matrices[0], raw("n", "I64", {1}, "12345678")},
                              {matrices[2], matrices[1], tied}});
  const bool named = GENERATE(false, true);  // the index; else the folder
  const fs::path out = folder / "out";
  const FilteredFile result = filter(named ? folder / "in/m.index.json" : folder / "in", out);
  CHECK(result.filtered.size() == 5);
  CHECK(result.copied == 1);
  for (const io::Tensor& tensor : matrices) {
    INFO(tensor.name);
    CHECK(bytes_of(out, tensor.name) == filtered(tensor));
  }
  CHECK(bytes_of(out, "tied") == bytes_of(out, "a"));  // filtered once
  CHECK(bytes_of(out, "n") == bytes_of(folder / "in", "n"));
  CHECK(io::test::read(out / "m.index.json") == io::test::read(folder / "in/m.index.json"));
  const io::SafetensorsFile second(out / "2.safetensors");
  CHECK(second.metadata() == io::Metadata{{"step", "2.safetensors"}});
  CHECK(second.entries()[0].name == "c");  // in the order of the shard
  CHECK(folder.count() == 2);              // nothing is left over
}

TEST_CASE("a folder of shards without an index is filtered too") {
  const TemporaryFolder folder;
  write_model(folder / "in", {{random_matrix("a", 2, 3, DType::f32)}});
  fs::remove(folder / "in/m.index.json");
  fs::create_directory(folder / "out");  // empty
  filter(folder / "in", folder / "out" / "");
  CHECK(bytes_of(folder / "out", "a").size() == 24);
  CHECK_FALSE(fs::exists(folder / "out/m.index.json"));
}

TEST_CASE("weights in 8 bits are filtered as what they stand for, and written as BF16") {
  const TemporaryFolder folder;
  const std::string bits = "\x38\x40\x01\xb8\x7e\x08";
  Eigen::MatrixXf rows(2, 3);  // E4M3, with a scale for each row
  rows << 1, 2, 0x1p-9F, -1, 448, 0x1p-6F;
  rows.row(0) *= 0.3F;
  rows.row(1) *= 5.0F;
  const io::Tensor kept = random_matrix("kept", 2, 2, DType::f32);
  const Eigen::Vector2f scales(0.3F, 5.0F);
  io::Tensor table = io::from_matrix("m.w_scale_inv", scales, DType::f32);
  table.shape = {2, 1};
  io::Tensor input = io::from_matrix("m.input_scale", scales.head(1), DType::f32);
  input.shape = {};
  io::Tensor strange = io::from_matrix("s.w_scale", scales, DType::f32);
  strange.shape = {1, 2};
  write_model(folder / "in", {{raw("m.w", "F8_E4M3", {2, 3}, bits), kept,
                               raw("s.w", "F8_E4M3", {2, 3}, bits), strange},
                              {table, input},
                              {raw("nan", "F8_E5M2", {1, 2}, "\x3c\x7f")}});
  const FilteredFile result = filter(folder / "in", folder / "out");
  const fs::path out = folder / "out";
  const Eigen::MatrixXf y = pion::apply(muon, rows);
  CHECK(bytes_of(out, "m.w") == io::from_matrix("m.w", y, DType::bf16).bytes);
  CHECK(bytes_of(out, "kept") == filtered(kept));
  CHECK(bytes_of(out, "s.w") == bytes_of(folder / "in", "s.w"));  // its table fits no weight
  CHECK(bytes_of(out, "s.w_scale") == strange.bytes);
  CHECK(result.filtered.size() == 2);
  CHECK(result.widened == 2);
  CHECK(result.tables == std::vector<std::string>{"m.input_scale", "m.w_scale_inv"});
  CHECK(result.copied == 3);  // s.w, its table, nan
  REQUIRE(result.bad.size() == 1);
  CHECK(result.bad[0].tensor == "nan");
  CHECK_FALSE(fs::exists(out / "2.safetensors"));  // it had tables alone
  const auto index = nlohmann::json::parse(io::test::read(out / "m.index.json"));
  CHECK(index["weight_map"].size() == 5);
  CHECK(index["metadata"]["by"] == "x");
  CHECK(index["metadata"]["total_size"] == 12 + 16 + 6 + 8 + 4);
  const io::Checkpoint again(out);
  CHECK(again.find("m.w")->dtype == DType::bf16);
  CHECK(again.find("nan")->dtype == DType::bf16);
  const float one = io::to_matrix<float>(again.load(*again.find("nan"), {"nan", 1, 2, 0}))(0, 0);
  CHECK(one == 1.0F);
}

TEST_CASE("a model that cannot be filtered leaves nothing behind") {
  const TemporaryFolder folder;
  write_model(folder / "in",
              {{random_matrix("a", 6, 6, DType::f32)}, {random_matrix("b", 6, 6, DType::f16)}});
  const auto what = [&](const fs::path& out, std::optional<double> tolerance = {}) {
    return message([&] { filter(folder / "in", out, {chains::high_pass(2)}, tolerance); });
  };
  CHECK(contains(what(folder / "in"), "is not empty; name a new folder"));
  CHECK(contains(what(folder / "in/m.index.json"), "is no folder"));
  CHECK(contains(what(folder / "none/out"), "none does not exist"));
  // The first shard is written by then; the second, of 16 bits, rounds too much.
  CHECK(contains(what(folder / "out", 1e-4), "cannot be certified for tensor \"b\""));
  CHECK(folder.count() == 1);
  io::test::write(folder / "in/1.safetensors", io::test::safetensors("{", ""));
  CHECK(contains(what(folder / "out"), "1.safetensors"));
  CHECK(folder.count() == 1);
  fs::remove(folder / "in/m.index.json");
  fs::remove(folder / "in/1.safetensors");
  io::save(folder / "in/x.npy", random_matrix("a", 2, 2, DType::f32));
  CHECK(contains(what(folder / "out"), "x.npy: only shards of .safetensors"));
  CHECK(folder.count() == 1);
}

}  // namespace pion::tool
