// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/identity.hpp"

#include <filesystem>

#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using namespace test;

TEST_CASE("identity: one file under all its paths", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "x", "1");
  write(folder / "y", "1");
  std::filesystem::create_directory(folder / "d");
  std::filesystem::create_hard_link(folder / "x", folder / "hard");
  for (const char* name : {"x", "./x", "d/../x", "hard"}) {
    CHECK(same_file(folder / "x", folder / name));
  }
  CHECK_FALSE(same_file(folder / "x", folder / "y"));
  CHECK_FALSE(same_file(folder / "x", folder / "none"));
  for (const char* name : {"new", "./new", "d/../new"}) {
    CHECK(same_file(folder / "new", folder / name));
  }
  CHECK_FALSE(same_file(folder / "new", folder / "newer"));
}

TEST_CASE("identity: what is no stream", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "x", "1");
  for (const char* name : {"x", "none", "."}) {
    CHECK_FALSE(is_stream(folder / name));
    CHECK_FALSE(is_standard_output(folder / name));
  }
  CHECK(is_stream("/dev/stdout"));
  CHECK(is_standard_output("/dev/stdout"));
}

TEST_CASE("identity: an open file has a number and names in /dev", "[io][file]") {
  CHECK(open_file_of("/dev/stdout") == 1);
  CHECK(open_file_of("/dev/stderr") == 2);
  CHECK(open_file_of("/dev/fd/63") == 63);
  CHECK(open_file_of("/proc/self/fd/3") == 3);
  for (const char* name : {"/dev/fd", "/dev/fd/", "/dev/fd/x", "/dev/fd/3x", "/dev/fd/99999999999",
                           "/tmp/fd/3", "stdout", ""}) {
    CHECK_FALSE(open_file_of(name));
  }
}

}  // namespace
}  // namespace pion::io
