// SPDX-License-Identifier: Apache-2.0
// Covers io/zip.hpp too. The archives are put together by hand, so that they can be wrong.
#include <cstdint>
#include <string>
#include <vector>

#include "pion_tool/io/npz.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using test::contains;
using test::little_endian;
using test::message;

/// Bit by bit, as the format defines it.
std::uint32_t crc_of(const std::string& text) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = crc >> 1U ^ (crc & 1U ? 0xedb88320U : 0U);
  }
  return ~crc;
}

/// Deflated data that is one block as it is (RFC 1951, 3.2.4).
std::string one_block(const std::string& text) {
  return '\1' + little_endian(text.size(), 2) + little_endian(~text.size(), 2) + text;
}

struct File {
  std::string name;
  std::string text;
  bool deflated = false;
  std::uint64_t size = ~0ULL;  // what the directory claims, if it is not the text's
  std::uint32_t crc = 0;       // the same
  unsigned flags = 0;
  std::uint64_t offset = ~0ULL;
  bool zip64 = false;
};

std::string zip(const std::vector<File>& files) {
  std::string archive, directory;
  for (const File& f : files) {
    const std::string bytes = f.deflated ? one_block(f.text) : f.text;
    const std::uint64_t size = f.size == ~0ULL ? f.text.size() : f.size;
    const std::uint32_t crc = f.crc != 0 ? f.crc : crc_of(f.text);
    const std::uint64_t at = f.offset == ~0ULL ? archive.size() : f.offset;
    const auto sizes = [&](bool wide) {
      return wide ? std::string(8, '\xff')
                  : little_endian(bytes.size(), 4) + little_endian(size, 4);
    };
    const std::string common = little_endian(20, 2) + little_endian(f.flags, 2) +
                               little_endian(f.deflated ? 8 : 0, 2) + std::string(4, '\0') +
                               little_endian(crc, 4) + sizes(f.zip64) +
                               little_endian(f.name.size(), 2);
    const std::string wide = little_endian(1, 2) + little_endian(16, 2) + little_endian(size, 8) +
                             little_endian(bytes.size(), 8);
    const std::string extra = f.zip64 ? wide : "";
    archive += "PK\x03\x04" + common + little_endian(extra.size(), 2) + f.name + extra + bytes;
    directory += "PK\x01\x02" + little_endian(20, 2) + common + little_endian(extra.size(), 2) +
                 std::string(10, '\0') + little_endian(at, 4) + f.name + extra;
  }
  return archive + directory + "PK\x05\x06" + std::string(4, '\0') +
         little_endian(files.size(), 2) + little_endian(files.size(), 2) +
         little_endian(directory.size(), 4) + little_endian(archive.size(), 4) +
         std::string(2, '\0');
}

std::string array(float first) {
  return test::npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
                   test::raw(std::vector<float>{first, 2, 3, 4}));
}

NpzFile read(const std::string& bytes) {
  return NpzFile(Source::memory("a.npz", bytes.data(), bytes.size()));
}

std::string what(const std::vector<File>& files) {
  const std::string bytes = zip(files);
  return message([&] {
    const NpzFile file = read(bytes);
    for (const TensorInfo& info : file.entries()) file.load(info.name);
  });
}

TEST_CASE("npz: arrays by name, as they are, deflated and of zip64", "[io]") {
  const std::string bytes =
      zip({{"q.npy", array(7)}, {"k.weight.npy", array(8), can_inflate()}, {"z.npy", array(9)}});
  const NpzFile file = read(bytes);
  REQUIRE(file.entries().size() == 3);
  CHECK(file.entries()[1].name == "k.weight");
  Tensor tensor = file.load("k.weight");
  CHECK(matrix_in<float>(tensor)(0, 0) == 8.0F);
  Tensor row = file.load(file.entries()[0], {"q[1]", 1, 2, 2});
  CHECK(matrix_in<float>(row)(0, 1) == 4.0F);
  CHECK(contains(message([&] { file.load("v"); }), "a.npz: tensor \"v\": not in this file"));
  File wide{"w.npy", array(6)};
  wide.zip64 = true;
  const std::string wide_bytes = zip({wide});
  Tensor of_zip64 = read(wide_bytes).load("w");
  CHECK(matrix_in<float>(of_zip64)(0, 0) == 6.0F);
  const std::string none = zip({});
  CHECK(read(none).entries().empty());
}

TEST_CASE("npz: what is wrong with an archive is one line", "[io]") {
  CHECK(what({{"q.npy", array(1)}}) == "no error");
  for (const char* name : {"../q.npy", "/q.npy", "folder/q.npy", "c:\\q.npy", ""}) {
    CHECK(contains(what({{name, array(1)}}), "is a path; an archive of arrays has names alone"));
  }
  CHECK(contains(what({{"q.txt", array(1)}}), "\"q.txt\" is no array"));
  CHECK(contains(what({{".npy", array(1)}}), "is no array"));
  CHECK(contains(what({{"q.npy", array(1)}, {"q.npy", array(1)}}), "stands there twice"));
  CHECK(contains(what({{"q.npy", array(1), false, 5000}}), "is of two sizes"));
  CHECK(contains(what({{"q.npy", array(1), true, 5'000'000}}),
                 "claims to hold 5000000 bytes in " + std::to_string(one_block(array(1)).size()) +
                     ", more than arrays do"));
  File other{"p.npy", array(2)};
  other.offset = 0;
  CHECK(contains(what({{"q.npy", array(1)}, other}), "overlaps another entry"));
  other.offset = 1;
  CHECK(contains(what({{"q.npy", array(1)}, other}), "is not where the directory says"));
  other.offset = 100'000;
  CHECK(contains(what({{"q.npy", array(1)}, other}), "is not in the archive"));
  File secret{"q.npy", array(1)};
  secret.flags = 1;
  CHECK(contains(what({secret}), "is encrypted"));
  CHECK(contains(what({{"q.npy", "\x93NUMPY"}}), "q.npy"));
  const std::string short_array = array(1);
  CHECK(contains(what({{"q.npy", short_array.substr(0, short_array.size() - 1)}}), "truncated"));
  if (can_inflate()) {
    CHECK(contains(what({{"q.npy", array(1), false, ~0ULL, 12345}}), "its check sum is another"));
    CHECK(contains(what({{"q.npy", array(1), true, array(1).size() + 1}}), "cannot be inflated"));
  }
}

TEST_CASE("npz: an archive that is cut off anywhere is refused", "[io]") {
  const std::string bytes = zip({{"q.npy", array(1)}, {"k.npy", array(2)}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    CHECK(message([&] { read(cut); }) != "no error");
  }
}

}  // namespace
}  // namespace pion::io
