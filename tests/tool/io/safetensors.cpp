// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "pion_tool/io/safetensors.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using namespace test;

SafetensorsFile open(const std::string& bytes) {
  return SafetensorsFile(Source::memory("grads.safetensors", bytes.data(), bytes.size()));
}

// What is wrong with the file, or with the first of its tensors that has a problem.
std::string why_not(const std::string& bytes) {
  return message([&] {
    const SafetensorsFile file = open(bytes);
    for (const TensorInfo& info : file.entries()) {
      if (!info.problem.empty()) throw_problem("grads.safetensors", info);
    }
  });
}

// One entry of a header.
std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

Eigen::MatrixXf one_to_six() {
  Eigen::MatrixXf matrix(2, 3);
  matrix << 1, 2, 3, 4, 5, 6;
  return matrix;
}

TEST_CASE("safetensors: tensors are listed in order and loaded by name", "[io][safetensors]") {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const std::string bytes = safetensors("{\"__metadata__\":{\"step\":\"350\",\"stage\":\"sft\"}," +
                                            entry("v", "F32", "[2]", "[24,32]") + "," +
                                            entry("q", "F32", "[2,3]", "[0,24]") + "," +
                                            entry("none", "F64", "[0,7]", "[24,24]") + "}   ",
                                        raw(values) + raw(std::vector<float>{7, 8}));
  const SafetensorsFile file = open(bytes);
  REQUIRE(file.entries().size() == 3);
  CHECK(file.entries()[0].name == "v");
  CHECK(file.entries()[1].name == "q");
  CHECK(file.entries()[1].dtype_name == "F32");
  CHECK(file.entries()[1].shape == Shape{2, 3});
  CHECK(file.metadata() == Metadata{{"stage", "sft"}, {"step", "350"}});
  CHECK(to_matrix<float>(file.load("q")) == one_to_six());
  CHECK(to_matrix(file.load("none")).cols() == 7);
  CHECK(file.load("v").bytes.size() == 8);
  CHECK(message([&] { to_matrix(file.load("v")); }) ==
        "grads.safetensors: tensor \"v\": its shape [2] is not that of a matrix: two dimensions "
        "are needed");
  CHECK(message([&] { file.load("o"); }) ==
        "grads.safetensors: tensor \"o\": not in this file, which holds \"v\", \"q\", \"none\"");
}

TEST_CASE("safetensors: a missing tensor's message lists a few names", "[io][safetensors]") {
  std::string header;
  for (int i = 0; i < 11; ++i) {
    header += (i == 0 ? "{" : ",") + entry("t" + std::to_string(i), "F32", "[0]", "[0,0]");
  }
  const std::string bytes = safetensors(header + "}", "");
  CHECK(contains(message([&] { open(bytes).load("x"); }), "\"t0\", \"t1\""));
  CHECK(contains(message([&] { open(bytes).load("x"); }), "\"t7\" and 3 more"));
  CHECK(contains(message([&] { open(safetensors("{}", "")).load("x"); }), "holds no tensors"));
}

TEST_CASE("safetensors: every float type is written and read back", "[io][safetensors]") {
  const TemporaryFolder folder;
  const Metadata metadata{{"note", "line\nend \xc3\xa9"}};
  write_safetensors(
      folder / "x.safetensors",
      {from_matrix("z", one_to_six(), DType::f16), from_matrix("b", one_to_six(), DType::bf16),
       from_matrix("weird \" \\ \n", one_to_six(), DType::f32),
       from_matrix("d", one_to_six().cast<double>(), DType::f64)},
      metadata);
  const std::string bytes = read(folder / "x.safetensors");
  CHECK(static_cast<unsigned char>(bytes[0]) % 8 == 0);
  const SafetensorsFile file(folder / "x.safetensors");
  CHECK(file.metadata() == metadata);
  REQUIRE(file.entries().size() == 4);
  CHECK(file.entries()[0].dtype_name == "F16");
  CHECK(file.entries()[1].dtype_name == "BF16");
  for (const TensorInfo& info : file.entries()) {
    CHECK(to_matrix<float>(file.load(info.name)) == one_to_six());
    CHECK(to_matrix<double>(file.load(info.name)) == one_to_six().cast<double>());
  }

  write_safetensors(folder / "none.safetensors", {});
  CHECK(SafetensorsFile(folder / "none.safetensors").entries().empty());
}

TEST_CASE("safetensors: a tensor of a type that is not loaded is copied", "[io][safetensors]") {
  const TemporaryFolder folder;
  const std::string bytes = safetensors("{" + entry("steps", "I64", "[1]", "[0,8]") + "," +
                                            entry("mask", "BOOL", "[3]", "[8,11]") + "}",
                                        "12345678abc");
  const SafetensorsFile file = open(bytes);
  CHECK(contains(message([&] { file.load("steps"); }), "values of type I64 cannot be read"));
  CHECK(contains(message([&] { file.load_raw("step"); }), "not in this file"));
  write_safetensors(folder / "x.safetensors", {file.load_raw("steps"), file.load_raw("mask")});
  const SafetensorsFile copy(folder / "x.safetensors");
  REQUIRE(copy.entries().size() == 2);
  CHECK(copy.entries()[0].dtype_name == "I64");
  CHECK(copy.entries()[1].shape == Shape{3});
  CHECK(copy.load_raw("steps").bytes == file.load_raw("steps").bytes);
  CHECK(copy.load_raw("mask").bytes == file.load_raw("mask").bytes);
}

TEST_CASE("safetensors: what cannot be written leaves no file", "[io][safetensors]") {
  const TemporaryFolder folder;
  const Tensor good = from_matrix("x", one_to_six(), DType::f32);
  Tensor bad = good;
  const auto why = [&](const std::vector<Tensor>& tensors) {
    return message([&] {
      write_safetensors(folder / "x.safetensors", {tensors.begin(), tensors.end()});
    });
  };
  CHECK(contains(why({good, bad}), "tensor \"x\": this name cannot be given, or was given before"));
  bad.name = "__metadata__";
  CHECK(contains(why({bad}), "this name cannot be given"));
  bad.name = "\xff";
  CHECK(contains(why({bad}), "not UTF-8"));
  bad.name = "y";
  bad.bytes.pop_back();
  CHECK(contains(why({bad}), "23 bytes do not make a shape of [2, 3] of F32"));
  bad.shape = Shape(max_rank + 1, 1);
  CHECK(contains(why({bad}), "more than 64 dimensions"));
  CHECK(folder.count() == 0);
}

TEST_CASE("safetensors: types that cannot be loaded do not hide the others", "[io][safetensors]") {
  const std::string bytes = safetensors(
      "{" + entry("step", "I64", "[]", "[0,8]") + "," + entry("mask", "BOOL", "[3]", "[8,11]") +
          "," + entry("q8", "F8_E4M3", "[1]", "[11,12]") + "," +
          entry("q4", "F4", "[2,3]", "[12,15]") + "," + entry("x", "F64", "[1,1]", "[15,23]") + "}",
      std::string(15, '\0') + raw(std::vector<double>{7}));
  const SafetensorsFile file = open(bytes);
  CHECK(file.entries().size() == 5);
  CHECK_FALSE(file.entries()[0].dtype);
  CHECK(to_matrix(file.load("x"))(0) == 7);
  CHECK(message([&] { file.load("step"); }) ==
        "grads.safetensors: tensor \"step\": values of type I64 cannot be read: convert it to F16, "
        "BF16, F32 or F64");
}

TEST_CASE("safetensors: a damaged frame is refused", "[io][safetensors]") {
  const std::string good = safetensors("{" + entry("x", "F32", "[2]", "[0,8]") + "}", "12345678");
  CHECK(why_not(good) == "no error");
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(why_not(good.substr(0, size)) != "no error");
  }
  CHECK(why_not("") == "grads.safetensors: is empty");
  CHECK(contains(why_not("1234567"), "truncated: it ends inside the header's length"));
  CHECK(contains(why_not(good.substr(0, 20)), "bytes is announced, 12 bytes follow"));
  CHECK(contains(why_not(good.substr(0, good.size() - 1)),
                 "tensor \"x\": truncated: its values end at byte 8, the file holds 7"));
  CHECK(contains(why_not(good + "x"), "trailing bytes: the tensors' values end at byte 8"));
  CHECK(contains(why_not(little_endian(std::uint64_t{1} << 63U, 8) + "{}"),
                 "a header of 9223372036854775808 bytes is announced, 2 bytes follow"));
  CHECK(contains(why_not(std::string(8, '\xff') + "{}"), "is announced"));
}

TEST_CASE("safetensors: offsets must tile the file", "[io][safetensors]") {
  const auto two = [](const std::string& a, const std::string& b) {
    return why_not(safetensors(
        "{" + entry("a", "U8", "[4]", a) + "," + entry("b", "U8", "[4]", b) + "}", "12345678"));
  };
  CHECK(two("[0,4]", "[4,8]") == "no error");
  CHECK(two("[4,8]", "[0,4]") == "no error");
  CHECK(contains(two("[0,4]", "[3,7]"), "tensor \"b\": its values overlap those of \"a\""));
  CHECK(contains(two("[0,4]", "[0,4]"), "overlap"));
  CHECK(contains(two("[1,5]", "[4,8]"), "tensor \"a\": a hole of 1 bytes lies before its values"));
  CHECK(contains(two("[0,4]", "[5,9]"), "end at byte 9, the file holds 8"));
  CHECK(contains(two("[4,0]", "[4,8]"), "tensor \"a\": its offsets 4, 0 run backwards"));
  CHECK(contains(two("[0,5]", "[5,8]"), "shape [4] of U8 needs 4 bytes, its offsets hold 5"));
  CHECK(contains(two("[18446744073709551615,3]", "[4,8]"), "run backwards"));
  CHECK(contains(two("[0,18446744073709551615]", "[4,8]"), "truncated"));
  CHECK(contains(two("[0,18446744073709551616]", "[4,8]"), "whole numbers from 0 on"));
  CHECK(contains(two("[0,4,8]", "[4,8]"), "\"data_offsets\" must be two numbers"));

  // A tensor of no values may lie between two others, not inside one.
  const auto with_empty = [](const std::string& at) {
    return why_not(safetensors(
        "{" + entry("a", "U8", "[4]", "[0,4]") + "," + entry("none", "U8", "[0]", at) + "}",
        "1234"));
  };
  CHECK(with_empty("[4,4]") == "no error");
  CHECK(with_empty("[0,0]") == "no error");
  CHECK(contains(with_empty("[2,2]"), "overlap"));
}

TEST_CASE("safetensors: a shape cannot claim more than the file holds", "[io][safetensors]") {
  const auto shape = [](const std::string& text, const std::string& offsets = "[0,0]",
                        const std::string& dtype = "F32") {
    return why_not(safetensors("{" + entry("x", dtype, text, offsets) + "}", ""));
  };
  CHECK(shape("[0]") == "no error");
  CHECK(contains(shape("[23170,23170]"), "needs 2147395600 bytes, its offsets hold 0"));
  CHECK(contains(shape("[23170,23170]", "[0,2147395600]"), "the file holds 0"));
  CHECK(contains(shape("[4294967296,4294967296]"), "too large for any file"));
  CHECK(contains(shape("[0,4294967296,4294967296]"), "too large for any file"));
  CHECK(contains(shape("[9223372036854775808]"), "too large a number in \"shape\""));
  CHECK(contains(shape("[-1]"), "\"shape\" must hold whole numbers from 0 on"));
  CHECK(contains(shape("[1.5]"), "whole numbers"));
  CHECK(contains(shape("[true]"), "whole numbers"));
  CHECK(contains(shape("[3]", "[0,0]", "F4"), "no whole number of bytes"));
  std::string many = "[1";
  for (std::size_t i = 0; i < max_rank; ++i) many += ",1";
  CHECK(contains(shape(many + "]"), "more than 64 dimensions"));
}

TEST_CASE("safetensors: the header's JSON is read strictly", "[io][safetensors]") {
  const auto header = [](const std::string& text) { return why_not(safetensors(text, "")); };
  const std::string x = entry("x", "F32", "[0]", "[0,0]");
  CHECK(header("{" + x + "}") == "no error");
  CHECK(header("") == "grads.safetensors: header: it is not a JSON object");
  CHECK(contains(header("[]"), "not a JSON object"));
  CHECK(contains(header(" {}"), "not a JSON object"));
  CHECK(contains(header("\xef\xbb\xbf{}"), "not a JSON object"));
  CHECK(contains(header("{" + x), "it is not JSON (at byte"));
  CHECK(contains(header("{} {}"), "it is not JSON (at byte 4 of it)"));
  CHECK(contains(header("{" + x + ",}"), "not JSON"));
  CHECK(contains(header("{\"\xff\":{}}"), "not JSON"));
  CHECK(contains(header(std::string("{}\0", 3)), "not JSON"));
  CHECK(contains(header("{\"x\":{\"shape\":[1e999]}}"), "a number beyond all bounds"));
  CHECK(contains(header("{" + x + "," + x + "}"), "\"x\" stands there twice"));
  CHECK(contains(header("{\"__metadata__\":{},\"__metadata__\":{}}"), "stands there twice"));
  CHECK(contains(header("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}"),
                 "metadata \"a\" stands there twice"));
  CHECK(contains(header("{\"x\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}"),
                 "tensor \"x\" has \"dtype\" twice"));
  CHECK(contains(header("{\"__metadata__\":{\"step\":350}}"), "metadata \"step\" is not a string"));
  CHECK(contains(header("{\"__metadata__\":[]}"), "a list where none belongs"));
  CHECK(contains(header("{\"x\":1}"), "\"x\" is not an object"));
  CHECK(contains(header("{\"x\":[]}"), "a list where none belongs"));
  CHECK(contains(header("{\"x\":{\"shape\":[[1]]}}"), "a list where none belongs"));
  CHECK(contains(header("{\"x\":{\"shape\":{}}}"), "an object inside an object"));
  CHECK(contains(header("{\"x\":{\"shape\":" + std::string(100000, '[')),
                 "a list where none belongs"));
  CHECK(contains(header("{\"x\":{}}"), "tensor \"x\": \"dtype\" is missing"));
  CHECK(contains(header("{\"x\":{\"dtype\":\"F32\"}}"), "\"shape\" is missing"));
  CHECK(
      contains(header("{\"x\":{\"dtype\":\"F32\",\"shape\":[]}}"), "\"data_offsets\" is missing"));
  CHECK(contains(header("{\"x\":{\"dtype\":32}}"), "\"dtype\" must be a string"));
  CHECK(contains(header("{\"x\":{\"dtype\":\"F32\",\"shape\":3}}"), "\"shape\" must be a list"));
  CHECK(contains(header("{" + entry("x", "F31", "[0]", "[0,0]") + "}"),
                 "tensor \"x\": unknown dtype \"F31\""));
  // Whatever a name holds, the message stays on one line, and short.
  CHECK(header("{\"a\\nb\\u001b\\u0000\\u2028\\u202e\":1}") ==
        R"(grads.safetensors: header: "a\x0ab\x1b\x00\xe2\x80\xa8\xe2\x80\xae" is not an object)");
  CHECK(header("{\"" + std::string(100000, 'k') + "\":1}").size() < 200);
}

TEST_CASE("safetensors: what the format does not name is passed over with a warning",
          "[io][safetensors]") {
  std::deque<std::string> kept;  // what the files are read from
  const auto read = [&kept](const std::string& more, const std::string& metadata = "") {
    kept.push_back(safetensors(
        "{" + metadata + R"("x":{"dtype":"U8",)" + more + R"("shape":[2],"data_offsets":[0,2]}})",
        "12"));
    return open(kept.back());
  };
  CHECK(read("").warning().empty());
  for (const char* value : {"3", "null", "\"text\"", "[1,[2]]", R"({"a":[{}],"dtype":"F32"})"}) {
    const SafetensorsFile file = read("\"more\":" + std::string(value) + ",");
    REQUIRE(file.entries().size() == 1);
    CHECK(file.entries()[0].problem.empty());
    CHECK(file.entries()[0].dtype_name == "U8");
    CHECK(file.load_raw("x").bytes.size() == 2);
    CHECK(file.warning() ==
          "header: tensor \"x\" has an unknown field \"more\", which is not read");
  }
  CHECK(contains(read("\"a\":1,\"b\":2,").warning(),
                 "\"a\", which is not read (and 1 more like it)"));
  const SafetensorsFile null = read("", "\"__metadata__\":null,");
  CHECK(null.metadata().empty());
  CHECK(null.warning() == "header: \"__metadata__\" is null, which is not read");
}

TEST_CASE("safetensors: one bad tensor does not hide the others", "[io][safetensors]") {
  const std::string good = entry("good", "F32", "[1,1]", "[0,4]");
  const auto with = [&](const std::string& bad, const std::string& values) {
    const std::string bytes =
        safetensors("{" + good + "," + bad + "}", raw(std::vector<float>{7}) + values);
    const SafetensorsFile file = open(bytes);
    CHECK(to_matrix<float>(file.load("good"))(0) == 7);
    CHECK(file.entries()[0].problem.empty());
    CHECK_FALSE(file.entries()[1].problem.empty());
    CHECK(contains(message([&] { file.load("bad"); }), file.entries()[1].problem));
    return message([&] { file.load_raw("bad"); });
  };
  // Their bytes are known, and can be copied:
  CHECK(with(entry("bad", "F31", "[1]", "[4,8]"), "1234") == "no error");
  CHECK(with(entry("bad", "F32", "[2]", "[4,8]"), "1234") == "no error");
  // These not:
  CHECK(contains(with(entry("bad", "F32", "[2]", "[4,12]"), "1234"), "truncated"));
  CHECK(contains(with(entry("bad", "F32", "[1]", "[8,4]"), "1234"), "run backwards"));
  CHECK(contains(with("\"bad\":{}", "1234"), "\"dtype\" is missing"));
  CHECK(contains(with(entry("bad", "F32", "[1.5]", "[4,8]"), "1234"), "whole numbers"));
  CHECK(contains(with(entry("bad", "F32", "[1]", "[4]"), "1234"), "two numbers"));

  // An unknown type still has a place; a hole before it is no matter of the type.
  CHECK(contains(why_not(safetensors("{" + entry("bad", "F31", "[1]", "[1,5]") + "}", "12345")),
                 "a hole of 1 bytes"));
  const std::string unknown = safetensors("{" + entry("bad", "F31", "[1,3]", "[0,2]") + "}", "12");
  const TemporaryFolder folder;
  const SafetensorsFile file = open(unknown);
  CHECK(file.sizes() == std::vector<std::uint64_t>{2});
  write_safetensors(folder / "x.safetensors", {file.load_raw("bad")});
  const SafetensorsFile copy(folder / "x.safetensors");
  CHECK(copy.entries()[0].dtype_name == "F31");
  CHECK(copy.entries()[0].shape == Shape{1, 3});
  CHECK(copy.load_raw("bad").bytes == file.load_raw("bad").bytes);
}

TEST_CASE("safetensors: only what is asked for is read", "[io][safetensors]") {
  // A file of 64 GiB, nearly all of it a hole on the disk; to read it whole would not end well.
  const TemporaryFolder folder;
  const std::uint64_t big = std::uint64_t{64} << 30U;
  const std::string start = safetensors(
      "{" + entry("big", "U8", "[" + std::to_string(big) + "]", "[0," + std::to_string(big) + "]") +
          "," +
          entry("small", "F32", "[1,1]",
                "[" + std::to_string(big) + "," + std::to_string(big + 4) + "]") +
          "}",
      "");
  write(folder / "x.safetensors", start);
  std::error_code cannot;
  std::filesystem::resize_file(folder / "x.safetensors", start.size() + big + 4, cannot);
  if (cannot) return;  // a file system without holes
  const SafetensorsFile file(folder / "x.safetensors");
  CHECK(file.entries()[0].shape == Shape{std::int64_t{64} << 30U});
  CHECK(to_matrix<float>(file.load("small"))(0) == 0);
}

}  // namespace
}  // namespace pion::io
