// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "pion_tool/io/atomic_file.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using namespace test;

// The signal by which a child ended that gets it in the middle of a write; 0 if by none.
int end_in_the_middle(const std::filesystem::path& path, int signal, bool ignored) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(signal, ignored ? SIG_IGN : SIG_DFL);
    remove_temporaries_on_signals();
    AtomicFile file(path);
    file.write("half");
    ::raise(signal);
    file.commit();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST_CASE("temporary: a signal in the middle of a write leaves nothing", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "x", "old");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CHECK(end_in_the_middle(folder / "x", signal, false) == signal);
    CHECK(read(folder / "x") == "old");
    CHECK(folder.count() == 1);
  }
  CHECK(end_in_the_middle(folder / "x", SIGHUP, true) == 0);  // as under nohup
  CHECK(read(folder / "x") == "half");
}

TEST_CASE("temporary: what a killed program left is removed by the next one", "[io][file]") {
  const TemporaryFolder folder;
  CHECK(end_in_the_middle(folder / "x", SIGKILL, false) == SIGKILL);
  REQUIRE(folder.count() == 1);
  const std::filesystem::path left = std::filesystem::directory_iterator(folder / "")->path();
  write_text(folder / "x", "1");
  CHECK(folder.count() == 2);  // too young: its writer may not have its lock yet

  const auto age = [](const std::filesystem::path& path) {
    using namespace std::chrono_literals;
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - 2min);
  };
  age(left);
  write_text(folder / "y", "1");
  CHECK(std::filesystem::exists(left));  // the temporary of another file
  const int living = ::open(left.c_str(), O_RDONLY);
  REQUIRE(::flock(living, LOCK_EX) == 0);
  write_text(folder / "x", "1");
  CHECK(std::filesystem::exists(left));  // its writer lives
  ::close(living);
  write(folder / ".x.pion-mine.tmp", "a name of the user's own");
  age(folder / ".x.pion-mine.tmp");
  write_text(folder / "x", "1");
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK(std::filesystem::exists(folder / ".x.pion-mine.tmp"));
}

TEST_CASE("atomic: a pipe gets everything at the end, or nothing", "[io][file]") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const std::string text(200000, 'x');  // more than a pipe holds
  std::string got;
  std::thread reader([&] { got = read(folder / "pipe"); });
  {
    AtomicFile file(folder / "pipe");
    file.write(text);
    CHECK(folder.count() == 1);
    file.commit();
  }
  reader.join();
  CHECK(got == text);
  write_text("/dev/null", text);
  CHECK(std::filesystem::is_character_file("/dev/null"));

  std::thread writer([&] { write_text(folder / "pipe", "{}"); });
  CHECK(read_text(folder / "pipe") == "{}");
  writer.join();
}

TEST_CASE("atomic: a link to a file that is not there yet stays a link", "[io][file]") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("real", folder / "link");
  write_text(folder / "link", "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(read(folder / "real") == "new");
}

}  // namespace
}  // namespace pion::io
