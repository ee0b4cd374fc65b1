// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "pion_tool/io/npy.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using namespace test;

// {1 2 3; 4 5 6}, in rows and in columns.
const std::vector<float> rows{1, 2, 3, 4, 5, 6};
const std::vector<float> columns{1, 4, 2, 5, 3, 6};

Eigen::MatrixXd one_to_six() {
  Eigen::MatrixXd matrix(2, 3);
  matrix << 1, 2, 3, 4, 5, 6;
  return matrix;
}

NpyFile open(const std::string& bytes) {
  return NpyFile(Source::memory("folder/grad.npy", bytes.data(), bytes.size()));
}

Tensor load(const std::string& bytes) { return open(bytes).load("grad"); }

std::string why_not(const std::string& bytes) {
  return message([&] { open(bytes); });
}

std::string dict(const std::string& descr, bool fortran, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + shape + ", }          \n";
}

TEST_CASE("npy: each version, byte order and storage order is read", "[io][npy]") {
  for (const char version : {'\1', '\2', '\3'}) {
    CHECK(to_matrix(load(npy(dict("<f4", false, "(2, 3)"), raw(rows), version))) == one_to_six());
  }
  CHECK(to_matrix(load(npy(dict("<f4", true, "(2, 3)"), raw(columns)))) == one_to_six());
  CHECK(to_matrix(load(npy(dict("=f4", false, "(2, 3)"), raw(rows)))) == one_to_six());
  CHECK(to_matrix(load(npy(dict("|f4", false, "(2, 3)"), raw(rows)))) == one_to_six());

  std::string big_endian;
  for (const float value : rows) {
    const std::string bytes = raw(std::vector<float>{value});
    big_endian.append(bytes.rbegin(), bytes.rend());
  }
  CHECK(to_matrix(load(npy(dict(">f4", false, "(2, 3)"), big_endian))) == one_to_six());
}

TEST_CASE("npy: the dictionary may be written in any of Python's ways", "[io][npy]") {
  for (const char* header :
       {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
        "{'shape':(2,3),'fortran_order':False,'descr':'<f4'}",
        "{ \"descr\" : \"<f4\" , \"fortran_order\" : False , \"shape\" : ( 2 , 3 , ) }\n"}) {
    CHECK(to_matrix(load(npy(header, raw(rows)))) == one_to_six());
  }
}

TEST_CASE("tensor: a value has its lowest byte first, on every machine", "[io][npy]") {
  const auto bytes_of = [](double value, DType dtype) {
    const Tensor tensor = from_matrix("x", Eigen::MatrixXd::Constant(1, 1, value), dtype);
    CHECK(to_matrix(tensor)(0, 0) == value);
    return std::string(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  };
  CHECK(bytes_of(-1.5, DType::f64) == little_endian(0xbff8000000000000U, 8));
  CHECK(bytes_of(-1.5, DType::f32) == little_endian(0xbfc00000U, 4));
  CHECK(bytes_of(-1.5, DType::f16) == little_endian(0xbe00U, 2));
  CHECK(bytes_of(-1.5, DType::bf16) == little_endian(0xbfc0U, 2));
}

TEST_CASE("npy: every spelling of a type that NumPy reads is read", "[io][npy]") {
  for (const char* descr : {"<f", "f", "float32", "single"}) {
    CHECK(to_matrix(load(npy(dict(descr, false, "(2, 3)"), raw(rows)))) == one_to_six());
  }
  const std::vector<double> wide(rows.begin(), rows.end());
  for (const char* descr : {"<d", "d", "float64", "double", "float"}) {
    CHECK(to_matrix(load(npy(dict(descr, false, "(2, 3)"), raw(wide)))) == one_to_six());
  }
  const Tensor half = from_matrix("x", one_to_six(), DType::f16);
  const std::string values(reinterpret_cast<const char*>(half.bytes.data()), half.bytes.size());
  for (const char* descr : {"<e", "float16", "half"}) {
    CHECK(to_matrix(load(npy(dict(descr, false, "(2, 3)"), values))) == one_to_six());
  }
  CHECK(open(npy(dict(">f", false, "(1,)"), "1234")).entries()[0].dtype == DType::f32);
  CHECK_FALSE(open(npy(dict("<g", false, "(1,)"), "1234")).entries()[0].dtype);
}

TEST_CASE("npy: the header of Python 2, and one with letters beyond ASCII", "[io][npy]") {
  CHECK(to_matrix(load(npy(dict("<f4", false, "(2L, 3L)"), raw(rows)))) == one_to_six());
  CHECK(contains(why_not(npy(dict("<f4", false, "(2LL, 3L)"), raw(rows))), "expected"));
  const auto record = [](const std::string& fields) {
    return npy("{'descr': " + fields + ", 'fortran_order': False, 'shape': (2, 3), }", raw(rows),
               3);
  };
  // One field lies as the plain array does.
  CHECK(to_matrix(load(record("[('gr\xc3\xb6\xc3\x9f"
                              "e', '<f4')]"))) == one_to_six());
  for (const char* fields : {"[('\xc3\xa4', '<f2'), ('b', '<f2')]", "[('\xc3\xa4', '<f2', (2,))]",
                             "[(('a]', 'b'), '<f4')]", R"([('it\'s', '<f4', (1, 1)), ])"}) {
    const NpyFile file = open(record(fields));
    CHECK_FALSE(file.entries()[0].dtype);
    CHECK(file.entries()[0].dtype_name == fields);
    CHECK(contains(message([&] { file.load("grad"); }), "save each field of the record by itself"));
  }
  CHECK(contains(why_not(npy("{'descr': [('a', '<f4'", "")), "does not end"));
  CHECK(contains(why_not(npy("{'descr': ['a", "")), "does not end"));
}

TEST_CASE("npy: bfloat16 is not advised to become float16", "[io][npy]") {
  for (const char* descr : {"<V2", "|V2"}) {
    const std::string why = message([&] { load(npy(dict(descr, false, "(1,)"), "12")); });
    CHECK(contains(why, "save them as float32"));
  }
}

TEST_CASE("npy: bfloat16 by its name, and where it is said what two bytes are", "[io][npy]") {
  const std::string values("\x80\x3f\x00\x40\x40\x40", 6);  // 1, 2, 3
  for (const char* descr : {"bfloat16", "<V2"}) {
    const std::string bytes = npy(dict(descr, false, "(1, 3)"), values);
    const NpyFile file(Source::memory("grad.npy", bytes.data(), bytes.size()), DType::bf16);
    Tensor tensor = file.load(MatrixPart{"grad", 1, 3, 0});
    CHECK(tensor.dtype == DType::bf16);
    CHECK(to_matrix<float>(tensor)(0, 2) == 3.0F);
  }
}

TEST_CASE("npy: a matrix of a stack, in either order of the values and of the bytes", "[io][npy]") {
  // 2 x 1 x 2 with the values 1 to 4.
  const std::vector<float> c = {1, 2, 3, 4}, fortran = {1, 3, 2, 4};
  std::string big = raw(c);
  for (std::size_t at = 0; at < big.size(); at += 4) std::reverse(&big[at], &big[at] + 4);
  for (const std::string& bytes : {npy(dict("<f4", false, "(2, 1, 2)"), raw(c)),
                                   npy(dict("<f4", true, "(2, 1, 2)"), raw(fortran)),
                                   npy(dict(">f4", false, "(2, 1, 2)"), big)}) {
    Tensor tensor = open(bytes).load(MatrixPart{"grad[1]", 1, 2, 2});
    CHECK(tensor.name == "grad[1]");
    CHECK(to_matrix<float>(tensor)(0, 0) == 3.0F);
    CHECK(to_matrix<float>(tensor)(0, 1) == 4.0F);
  }
}

TEST_CASE("npy: tensors of every rank are listed and loaded", "[io][npy]") {
  const std::string bytes = npy(dict("<f4", false, "(6,)"), raw(rows));
  const NpyFile vector = open(bytes);
  REQUIRE(vector.entries().size() == 1);
  CHECK(vector.entries()[0].name == "grad");
  CHECK(vector.entries()[0].dtype_name == "<f4");
  CHECK(vector.entries()[0].dtype == DType::f32);
  CHECK(vector.entries()[0].shape == Shape{6});
  CHECK(vector.load("grad").bytes.size() == 24);
  CHECK(message([&] { to_matrix(vector.load("grad")); }) ==
        "folder/grad.npy: tensor \"grad\": its shape [6] is not that of a matrix: two dimensions "
        "are needed");

  const std::string one = raw(std::vector<double>{7});
  CHECK(load(npy(dict("<f8", true, "()"), one)).shape == Shape{});
  CHECK(load(npy(dict("<f8", true, "(1, 1, 1)"), one)).shape == Shape{1, 1, 1});
  CHECK(to_matrix(load(npy(dict("<f8", true, "(0, 5)"), ""))).cols() == 5);
}

TEST_CASE("npy: Fortran order of three dimensions comes out row-major", "[io][npy]") {
  // The value at (i, j, k) is i j k read as digits.
  std::vector<double> fortran, c;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) fortran.push_back(100 * i + 10 * j + k);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) c.push_back(100 * i + 10 * j + k);
  const Tensor tensor = load(npy(dict("<f8", true, "(2, 3, 4)"), raw(fortran)));
  CHECK(raw(c) ==
        std::string(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()));

  const TemporaryFolder folder;
  write_npy(folder / "c.npy", tensor);
  write_npy(folder / "f.npy", tensor, Order::fortran);
  CHECK(contains(read(folder / "c.npy"), "'fortran_order': False, 'shape': (2, 3, 4, ), }"));
  CHECK(contains(read(folder / "f.npy"), "'fortran_order': True"));
  CHECK(contains(read(folder / "f.npy"), raw(fortran)));
  CHECK(NpyFile(folder / "c.npy").load("c").bytes == tensor.bytes);
  CHECK(NpyFile(folder / "f.npy").load("f").bytes == tensor.bytes);
}

TEST_CASE("npy: what is written is read back the same", "[io][npy]") {
  const TemporaryFolder folder;
  const Eigen::MatrixXd matrix = one_to_six();
  for (const DType dtype : {DType::f16, DType::f32, DType::f64}) {
    for (const Order order : {Order::c, Order::fortran}) {
      write_npy(folder / "x.npy", from_matrix("x", matrix, dtype), order);
      const std::string file = read(folder / "x.npy");
      CHECK((file.size() - 6 * size_of(dtype)) % 64 == 0);
      CHECK(to_matrix(NpyFile(folder / "x.npy").load("x")) == matrix);
    }
  }

  // Expressions, blocks and row-major matrices are matrices too.
  const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> row_major =
      matrix.cast<float>();
  CHECK(to_matrix(from_matrix("x", row_major, DType::f32)) == matrix);
  CHECK(to_matrix<float>(from_matrix("x", 2 * row_major.transpose(), DType::f64)) ==
        2 * row_major.transpose());
  CHECK(to_matrix(from_matrix("x", matrix.rightCols(2), DType::bf16)) == matrix.rightCols(2));
}

TEST_CASE("npy: values that are not finite are values", "[io][npy]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const Eigen::RowVector3d odd(infinity, -infinity, std::nan(""));
  for (const DType dtype : {DType::f64, DType::f32, DType::f16, DType::bf16}) {
    const Eigen::MatrixXd back = to_matrix(from_matrix("x", odd, dtype));
    CHECK(back(0) == infinity);
    CHECK(back(1) == -infinity);
    CHECK(std::isnan(back(2)));
  }
}

TEST_CASE("tensor: a double becomes 16 bits by one rounding, not two", "[io]") {
  // Just above and just below the middle between 1 and the next 16-bit number; a float cannot tell
  // either from the middle itself, and would round both to the even neighbour.
  const double tiny = std::ldexp(1.0, -40);
  const auto rounded = [](double value, DType dtype) {
    return to_matrix(from_matrix("x", Eigen::Matrix<double, 1, 1>(value), dtype))(0);
  };
  for (const auto& [dtype, bits] : {std::pair(DType::f16, 10), std::pair(DType::bf16, 7)}) {
    const double step = std::ldexp(1.0, -bits);
    CHECK(rounded(1 + step / 2 + tiny, dtype) == 1 + step);
    CHECK(rounded(1 + step / 2, dtype) == 1);
    CHECK(rounded(1 + step / 2 - tiny, dtype) == 1);
    CHECK(rounded(-1 - 3 * step / 2 + tiny, dtype) == -1 - step);
    CHECK(rounded(-1 - 3 * step / 2, dtype) == -1 - 2 * step);
    CHECK(rounded(1e-300, dtype) == 0);
    CHECK(std::isinf(rounded(1e300, dtype)));
  }
}

TEST_CASE("tensor: bytes that do not fit the shape are refused", "[io]") {
  const Tensor tensor{"x", DType::f32, {2, 3}, std::vector<std::byte>(23)};
  CHECK(message([&] { to_matrix(tensor); }) ==
        "tensor \"x\": 23 bytes do not make a shape of [2, 3] of F32");
  CHECK(contains(message([&] { write_npy("x.npy", tensor); }), "23 bytes"));
  CHECK_FALSE(byte_count({std::int64_t{1} << 40, std::int64_t{1} << 40}, 32));
  CHECK_FALSE(byte_count({0, std::int64_t{1} << 40, std::int64_t{1} << 40}, 32));
  CHECK_FALSE(byte_count({-1}, 32));
  CHECK_FALSE(byte_count({3}, 4));
  CHECK(byte_count({4}, 4) == 2U);
  CHECK(byte_count({}, 64) == 8U);
}

TEST_CASE("npy: bfloat16 is refused, with a way out", "[io][npy]") {
  const TemporaryFolder folder;
  const std::string what =
      message([&] { write_npy(folder / "x.npy", from_matrix("x", one_to_six(), DType::bf16)); });
  CHECK(contains(what, "tensor \"x\": .npy has no name for BF16: write .safetensors"));
  CHECK(folder.count() == 0);
}

TEST_CASE("npy: an array of another kind is listed, not loaded", "[io][npy]") {
  const std::string bytes = npy(dict("<i8", false, "(1,)"), std::string(8, '\0'));
  const NpyFile file = open(bytes);
  CHECK_FALSE(file.entries()[0].dtype);
  CHECK(message([&] { file.load("grad"); }) ==
        "folder/grad.npy: tensor \"grad\": values of type \"<i8\" cannot be read: save it as "
        "float16, float32 or float64");
  CHECK(message([&] { file.load("other"); }) ==
        "folder/grad.npy: tensor \"other\": not in this file, which holds \"grad\"");
}

TEST_CASE("npy: damaged files are refused with the reason", "[io][npy]") {
  const std::string good = npy(dict("<f4", false, "(2, 3)"), raw(rows));
  CHECK(why_not(good) == "no error");
  CHECK(why_not("") == "folder/grad.npy: is empty");
  CHECK(contains(why_not("an array here"), "is not a .npy file"));
  CHECK(contains(why_not("PK\3\4 a zip archive"), "is a zip archive, not a .npy file: a .npz"));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(why_not(good.substr(0, size)) != "no error");
  }
  CHECK(contains(why_not(good.substr(0, good.size() - 1)),
                 "truncated: shape [2, 3] of '<f4' needs 24 bytes of values, 23 are there"));
  CHECK(contains(why_not(good + "x"), "trailing bytes: shape [2, 3] of '<f4' needs 24"));
  CHECK(contains(why_not(good.substr(0, 9)), "ends inside the header's length"));
  CHECK(contains(why_not(good.substr(0, 40)), "bytes is announced, 30 bytes follow"));
  CHECK(contains(why_not(good.substr(0, good.size() - 24 - 1)), "bytes is announced"));
  CHECK(contains(why_not(npy("", "", 0)), "version 0.0 is not known"));
  CHECK(contains(why_not(npy("", "", 4)), "version 4.0 is not known"));
  CHECK(contains(why_not(std::string("\x93NUMPY\2\0\xff\xff\xff\xff{", 13)),
                 "a header of 4294967295 bytes is announced, 1 bytes follow"));
}

TEST_CASE("npy: a shape cannot claim more than the file holds", "[io][npy]") {
  const auto shape = [](const std::string& text) {
    return why_not(npy(dict("<f4", false, text), ""));
  };
  CHECK(contains(shape("(23170, 23170)"), "needs 2147395600 bytes of values, 0 are there"));
  CHECK(contains(shape("(4611686018427387904,)"), "more than any file can hold"));
  CHECK(contains(shape("(4294967296, 4294967296)"), "more than any file can hold"));
  CHECK(contains(shape("(0, 4294967296, 4294967296)"), "more than any file can hold"));
  CHECK(contains(shape("(9223372036854775808,)"), "too large a number in 'shape'"));
  CHECK(contains(shape("(-1, 3)"), "a negative number in 'shape'"));
  std::string many = "(";
  for (std::size_t i = 0; i <= max_rank; ++i) many += "1, ";
  CHECK(contains(shape(many + ")"), "more than 64 dimensions"));
}

TEST_CASE("npy: the dictionary is read strictly", "[io][npy]") {
  const std::string descr = "'descr': '<f4', ", order = "'fortran_order': False, ",
                    shape = "'shape': (2, 3), ";
  const auto header = [](const std::string& text) { return why_not(npy(text, raw(rows))); };
  CHECK(header("{" + descr + order + shape + "}") == "no error");
  CHECK(header("{" + order + shape + "}") ==
        "folder/grad.npy: header: 'descr' is missing (at byte 43 of the dictionary)");
  CHECK(contains(header("{" + descr + shape + "}"), "'fortran_order' is missing"));
  CHECK(contains(header("{" + descr + order + "}"), "'shape' is missing"));
  CHECK(contains(header("{" + descr + order + shape + shape + "}"), "'shape' stands there twice"));
  CHECK(contains(header("{" + descr + order + shape + "'more': 1}"), "unknown key \"more\""));
  CHECK(contains(header("{" + descr + order + shape + "} {}"), "text after the dictionary"));
  CHECK(contains(header("{" + descr + order + shape), "a string in quotes expected"));
  CHECK(contains(header(descr + order + shape), "'{' expected"));
  CHECK(contains(header(""), "'{' expected"));
  CHECK(contains(header("{'descr' '<f4'}"), "':' expected"));
  CHECK(contains(header("{'descr': '<f4' 'shape': ()}"), "'}' expected"));
  CHECK(contains(header("{'descr': '<f4}"), "a string does not end"));
  CHECK(contains(header("{'de\\x73cr': '<f4'}"), "a string with an escape"));
  CHECK(contains(header("{'descr': [('a', '<f4')]}"), "'fortran_order' is missing"));
  CHECK(contains(header("{'fortran_order': 0}"), "True or False expected"));
  CHECK(contains(header("{'shape': (3)}"), "',' expected"));
  CHECK(contains(header("{'shape': [2, 3]}"), "'(' expected"));
  CHECK(contains(header("{'shape': (2.5,)}"), "',' expected"));
  CHECK(contains(header("{'shape': (two,)}"), "a whole number expected"));
  // Whatever a key holds, the message stays on one line.
  CHECK(contains(header("{'a\nb\x1b[2J\xc2\x9b\xe2\x80\xa8': 1}"),
                 R"(unknown key "a\x0ab\x1b[2J\xc2\x9b\xe2\x80\xa8")"));
  CHECK(header("{'" + std::string(5000, 'k') + "': 1}").size() < 200);
}

}  // namespace
}  // namespace pion::io
