// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "pion_tool/io/file.hpp"
#include "pion_tool/io/formats.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using namespace test;

TEST_CASE("file: parts are read, and never beyond the end", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "x", "0123456789");
  const std::string same = "0123456789";
  const Source sources[] = {Source::file(folder / "x"), Source::memory("x", same.data(), 10)};
  for (const Source& source : sources) {
    CHECK(source.size() == 10);
    CHECK(source.text(3, 4) == "3456");
    CHECK(source.bytes(9, 1) == std::vector<std::byte>{std::byte{'9'}});
    CHECK(source.text(10, 0).empty());
    CHECK(
        contains(message([&] { source.text(8, 3); }),
                 "x: truncated: 3 bytes are needed from byte 8 on, but the file ends at byte 10"));
    CHECK(contains(message([&] { source.bytes(~std::uint64_t{0}, 2); }), "truncated"));
    CHECK(contains(message([&] { source.bytes(2, ~std::uint64_t{0}); }), "truncated"));
  }

  write(folder / "x", "01");
  CHECK(contains(message([&] { sources[0].text(0, 10); }), "became shorter while it was read"));
}

TEST_CASE("file: what is no file cannot be opened", "[io][file]") {
  const TemporaryFolder folder;
  CHECK(message([&] { Source::file(folder / "none"); }) ==
        (folder / "none").string() + ": cannot open: No such file or directory");
  std::filesystem::create_directory(folder / "dir.npy");
  CHECK(message([&] { NpyFile(folder / "dir.npy"); }) ==
        (folder / "dir.npy").string() + ": is a directory");
  CHECK(contains(message([&] { Source::file(folder / "a\nb"); }), R"(a\x0ab: cannot open)"));
}

TEST_CASE("file: text is read whole, up to a limit", "[io][file]") {
  const TemporaryFolder folder;
  write_text(folder / "x.json", "{}\n");
  CHECK(read_text(folder / "x.json") == "{}\n");
  CHECK(contains(message([&] { read_text(folder / "x.json", 2); }), "has more than the 2 bytes"));
}

TEST_CASE("file: a write appears whole and leaves nothing beside it", "[io][file]") {
  const TemporaryFolder folder;
  {
    AtomicFile file(folder / "x");
    file.write("half");
    CHECK_FALSE(std::filesystem::exists(folder / "x"));
    CHECK(folder.count() == 1);
    file.write(" and half");
    file.commit();
  }
  CHECK(read(folder / "x") == "half and half");
  write_text(folder / "x", "new");
  CHECK(read(folder / "x") == "new");
  CHECK(folder.count() == 1);
}

TEST_CASE("file: without commit the target is as it was", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "old", "old");
  {
    AtomicFile file(folder / "old");
    file.write("new");
    AtomicFile other(folder / "other");
  }
  CHECK(read(folder / "old") == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("file: a place that cannot be written to is refused at once", "[io][file]") {
  const TemporaryFolder folder;
  CHECK(message([&] { write_text(folder / "none/x", ""); }) ==
        (folder / "none/x").string() + ": cannot write: the directory " +
            (folder / "none").string() + " does not exist");
  std::filesystem::create_directory(folder / "dir");
  CHECK(contains(message([&] { write_text(folder / "dir", ""); }), "dir: is a directory"));
}

TEST_CASE("read: the extension chooses the format", "[io][read]") {
  const TemporaryFolder folder;
  const Eigen::MatrixXd matrix = Eigen::MatrixXd::Identity(3, 4);
  for (const std::string name : {"x.npy", "x.safetensors"}) {
    save(folder / name, from_matrix("x", matrix, DType::f32));
    const TensorFile file(folder / name);
    REQUIRE(file.entries().size() == 1);
    CHECK(file.entries()[0].name == "x");
    CHECK(file.entries()[0].shape == Shape{3, 4});
    CHECK(to_matrix(file.load("x")) == matrix);
    CHECK(to_matrix(load(folder / name)) == matrix);
    CHECK(to_matrix(load(folder / name, "x")) == matrix);
    CHECK(contains(message([&] { load(folder / name, "y"); }), "tensor \"y\": not in this file"));
  }
  CHECK(message([] { format_of("a.pt"); }) ==
        "a.pt: unknown extension \".pt\"; .npy and .safetensors can be written");
  CHECK(contains(message([] { TensorFile{"npy"}; }), "unknown extension \"\""));
  CHECK(contains(message([] { TensorFile{"a.NPY"}; }), ".npy, .npz and .safetensors can be read"));
  CHECK(contains(message([&] { save(folder / "x.pt", {}); }), "can be written"));
}

TEST_CASE("read: without a name the file must hold one tensor", "[io][read]") {
  const TemporaryFolder folder;
  const Eigen::MatrixXd matrix = Eigen::MatrixXd::Identity(2, 2);
  write_safetensors(folder / "two.safetensors",
                    {from_matrix("a", matrix, DType::f32), from_matrix("b", matrix, DType::f32)});
  write_safetensors(folder / "none.safetensors", {});
  CHECK(contains(message([&] { load(folder / "two.safetensors"); }),
                 "holds 2 tensors, \"a\", \"b\": give a file that holds one"));
  CHECK(contains(message([&] { load(folder / "none.safetensors"); }), "holds no tensors"));
}

}  // namespace
}  // namespace pion::io
