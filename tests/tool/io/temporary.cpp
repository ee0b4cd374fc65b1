// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <filesystem>
#include <string>

#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/identity.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using namespace test;

TEST_CASE("temporary: what a killed program left is removed by the next one", "[io][file]") {
  const TemporaryFolder folder;
  const auto age = [](const std::filesystem::path& path) {
    using namespace std::chrono_literals;
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - 2min);
  };
  const std::filesystem::path left = folder / ".x.pion-0123456789abcdef.tmp";
  const std::filesystem::path users = folder / ".x.pion-mine.tmp";
  write(left, "half");
  write(users, "a name of the user's own");
  age(users);
  write_text(folder / "x", "1");
  CHECK(std::filesystem::exists(left));  // too young: its writer may not have its lock yet
  age(left);
  write_text(folder / "y", "1");
  CHECK(std::filesystem::exists(left));  // the temporary of another file
  write_text(folder / "x", "1");
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK(std::filesystem::exists(users));
}

TEST_CASE("temporary: what a living program writes stays", "[io][file]") {
  const TemporaryFolder folder;
  AtomicFile living(folder / "x");
  living.write("1");
  using namespace std::chrono_literals;
  std::filesystem::last_write_time(std::filesystem::directory_iterator(folder / "")->path(),
                                   std::filesystem::file_time_type::clock::now() - 2min);
  write_text(folder / "x", "2");
  CHECK(folder.count() == 2);
  living.commit();
  CHECK(read(folder / "x") == "1");
  CHECK(folder.count() == 1);
}

TEST_CASE("atomic: a name in UTF-8, however long", "[io][file]") {
  const TemporaryFolder folder;
  std::string name = "x";
  for (int i = 0; i < 40; ++i) name += "\xc3\xa9\xe6\xbc\xa2";  // of 5 bytes
  name += 'x';                                                  // of 201 bytes
  const std::filesystem::path path = (folder / "") / path_of(name);
  write_text(path, "1");
  CHECK(read_text(path) == "1");
  CHECK(std::filesystem::exists(path));
  CHECK(contains(message([&] { read_text((folder / "") / path_of("no" + name)); }),
                 name + ": cannot open"));
}

}  // namespace
}  // namespace pion::io
