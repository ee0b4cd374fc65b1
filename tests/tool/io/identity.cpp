// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "pion_tool/io/identity.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using namespace test;

TEST_CASE("identity: one file under all its names", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "x", "1");
  write(folder / "y", "1");
  std::filesystem::create_directory(folder / "d");
  std::filesystem::create_symlink("x", folder / "link");
  std::filesystem::create_symlink("link", folder / "link2");
  std::filesystem::create_hard_link(folder / "x", folder / "hard");
  std::filesystem::create_directory_symlink(".", folder / "here");
  for (const char* name : {"x", "./x", "d/../x", "link", "link2", "hard", "here/x"}) {
    CHECK(same_file(folder / "x", folder / name));
  }
  CHECK_FALSE(same_file(folder / "x", folder / "y"));
  CHECK_FALSE(same_file(folder / "x", folder / "none"));

  std::filesystem::create_symlink("new", folder / "dangling");
  for (const char* name : {"new", "./new", "d/../new", "dangling", "here/new"}) {
    CHECK(same_file(folder / "new", folder / name));
  }
  CHECK_FALSE(same_file(folder / "new", folder / "newer"));
  CHECK_FALSE(same_file("/dev/null", "/dev/null"));
}

TEST_CASE("identity: a stream keeps nothing", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "x", "1");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(is_stream(folder / "pipe"));
  CHECK(is_stream("/dev/null"));
  CHECK(is_stream("/dev/stdout"));
  CHECK_FALSE(is_stream(folder / "x"));
  CHECK_FALSE(is_stream(folder / "none"));
  CHECK_FALSE(is_stream(folder / "."));
  CHECK(is_standard_output("/dev/stdout"));
  CHECK_FALSE(is_standard_output(folder / "pipe"));
}

}  // namespace
}  // namespace pion::io
