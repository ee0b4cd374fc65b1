// SPDX-License-Identifier: Apache-2.0
// What only POSIX has: signals, pipes with a name, links, limits of a file's size and permissions.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/file.hpp"
#include "pion_tool/io/formats.hpp"
#include "pion_tool/io/identity.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using namespace test;

// While it lives, no file may grow beyond `bytes`: a full disk at will.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_{};
  void (*signal_)(int);
};

TEST_CASE("file: a full disk is reported and leaves the target as it was", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "x.npy", "old");
  const Tensor tensor{"x", DType::f64, {1000, 10}, std::vector<std::byte>(80000)};
  std::string what;
  {
    const SizeLimit limit(10000);
    what = message([&] { save(folder / "x.npy", tensor); });
  }
  CHECK(what == (folder / "x.npy").string() + ": cannot write: File too large");
  CHECK(read(folder / "x.npy") == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("file: a pipe is no file of tensors", "[io][file]") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(contains(message([&] { Source::file(folder / "pipe"); }), "is a pipe; it must be a file"));
  CHECK(contains(message([&] { TensorFile(folder / "pipe"); }), "is a pipe"));
}

TEST_CASE("file: who may not write is told so at once", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "file", "");
  CHECK(contains(message([&] { write_text(folder / "file/x", ""); }), "Not a directory"));

  if (::geteuid() == 0) return;  // the superuser may write anywhere
  write(folder / "mine", "old");
  std::filesystem::permissions(folder / "mine", std::filesystem::perms::owner_read);
  CHECK(contains(message([&] { write_text(folder / "mine", ""); }), "Permission denied"));
  std::filesystem::create_directory(folder / "dir");
  std::filesystem::permissions(folder / "dir", std::filesystem::perms::owner_read);
  CHECK(contains(message([&] { write_text(folder / "dir/x", ""); }), "Permission denied"));
}

TEST_CASE("file: a link stays a link, and a private file private", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "real", "old");
  std::filesystem::permissions(
      folder / "real", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::create_symlink("real", folder / "link");
  write_text(folder / "link", "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(read(folder / "real") == "new");
  CHECK((std::filesystem::status(folder / "real").permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(folder.count() == 2);
}

TEST_CASE("atomic: a link to a file that is not there yet stays a link", "[io][file]") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("real", folder / "link");
  write_text(folder / "link", "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(read(folder / "real") == "new");
}

TEST_CASE("identity: one file under all its links", "[io][file]") {
  const TemporaryFolder folder;
  write(folder / "x", "1");
  std::filesystem::create_symlink("x", folder / "link");
  std::filesystem::create_symlink("link", folder / "link2");
  std::filesystem::create_directory_symlink(".", folder / "here");
  for (const char* name : {"link", "link2", "here/x"}) {
    CHECK(same_file(folder / "x", folder / name));
  }
  std::filesystem::create_symlink("new", folder / "dangling");
  for (const char* name : {"dangling", "here/new"}) {
    CHECK(same_file(folder / "new", folder / name));
  }
  CHECK_FALSE(same_file("/dev/null", "/dev/null"));
}

TEST_CASE("identity: a stream keeps nothing", "[io][file]") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(is_stream(folder / "pipe"));
  CHECK(is_stream("/dev/null"));
  CHECK_FALSE(is_standard_output(folder / "pipe"));
}

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
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
    CHECK(end_in_the_middle(folder / "x", signal, false) == signal);
    CHECK(read(folder / "x") == "old");
    CHECK(folder.count() == 1);
  }
  CHECK(end_in_the_middle(folder / "x", SIGHUP, true) == 0);  // as under nohup
  CHECK(read(folder / "x") == "half");
}

TEST_CASE("temporary: what a killed program left has the name that the next one removes",
          "[io][file]") {
  const TemporaryFolder folder;
  CHECK(end_in_the_middle(folder / "x", SIGKILL, false) == SIGKILL);
  REQUIRE(folder.count() == 1);
  using namespace std::chrono_literals;
  std::filesystem::last_write_time(std::filesystem::directory_iterator(folder / "")->path(),
                                   std::filesystem::file_time_type::clock::now() - 2min);
  write_text(folder / "x", "1");
  CHECK(folder.count() == 1);
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

}  // namespace
}  // namespace pion::io
