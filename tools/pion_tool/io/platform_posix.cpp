// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "pion_tool/io/platform.hpp"

namespace pion::io::platform {
namespace {

using Stat = struct stat;

Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Kind::regular;
  if (S_ISDIR(mode)) return Kind::directory;
  if (S_ISFIFO(mode) || S_ISSOCK(mode)) return Kind::pipe;
  return S_ISCHR(mode) ? Kind::device : Kind::other;
}

Status status_of(const Stat& stat) {
  return {kind_of(stat.st_mode), static_cast<std::uint64_t>(stat.st_size), stat.st_mode & 0777U,
          static_cast<std::uint64_t>(stat.st_dev), static_cast<std::uint64_t>(stat.st_ino)};
}

/// Repeats a call that a signal has interrupted.
template <class Call>
std::ptrdiff_t whole(const Call& call) {
  for (;;) {
    const ssize_t count = call();
    if (count >= 0 || errno != EINTR) return count;
  }
}

void (*clean_up_once)() = nullptr;

extern "C" void clean_up_and_end(int signal) {
  clean_up_once();
  ::raise(signal);  // SA_RESETHAND has put the default action back
}

}  // namespace

std::optional<Status> status_of(const std::filesystem::path& path) {
  Stat stat = {};
  if (::stat(path.c_str(), &stat) != 0) return std::nullopt;
  return status_of(stat);
}

std::optional<Status> status_of(int file) {
  Stat stat = {};
  if (::fstat(file, &stat) != 0) return std::nullopt;
  return status_of(stat);
}

int open_to_read(const std::filesystem::path& path, bool wait) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (wait ? 0 : O_NONBLOCK));
}

int open_to_write(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
}

int create(const std::filesystem::path& path, unsigned permissions) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, permissions);
  if (file >= 0) ::flock(file, LOCK_EX | LOCK_NB);  // says that this program lives
  return file;
}

int duplicate(int file) { return ::dup(file); }

std::ptrdiff_t read(int file, void* to, std::size_t size) {
  return whole([&] { return ::read(file, to, size); });
}

std::ptrdiff_t read_at(int file, void* to, std::size_t size, std::uint64_t offset) {
  return whole([&] { return ::pread(file, to, size, static_cast<off_t>(offset)); });
}

std::ptrdiff_t write(int file, const void* from, std::size_t size) {
  return whole([&] { return ::write(file, from, size); });
}

bool rewind(int file) { return ::lseek(file, 0, SEEK_SET) == 0; }
bool close(int file) { return ::close(file) == 0; }
bool flush_to_disk(int file) { return ::fsync(file) == 0; }

bool replace(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return false;
  const std::filesystem::path folder = to.has_parent_path() ? to.parent_path() : ".";
  const int file = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    ::fsync(file);  // some file systems cannot
    ::close(file);
  }
  return true;
}

bool may_write(const std::filesystem::path& path) { return ::access(path.c_str(), W_OK) == 0; }

void remove(const std::filesystem::path::value_type* path) noexcept {
  if (::unlink(path) != 0) ::rmdir(path);
}

void remove_abandoned(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return;
  Stat stat = {};
  constexpr std::time_t minute = 60;  // a writer has its lock by then
  if (::fstat(file, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_uid == ::geteuid() &&
      stat.st_mtime < std::time(nullptr) - minute && ::flock(file, LOCK_EX | LOCK_NB) == 0) {
    ::unlink(path.c_str());
  }
  ::close(file);
}

void before_interruption(void (*clean_up)()) {
  clean_up_once = clean_up;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU}) {
    struct sigaction before = {};
    if (::sigaction(signal, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) continue;
    struct sigaction action = {};
    action.sa_handler = clean_up_and_end;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    ::sigaction(signal, &action, nullptr);
  }
}

std::vector<std::string> begin_program(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);
  return {argc > 0 ? argv + 1 : argv, argv + argc};
}

bool error_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

}  // namespace pion::io::platform
