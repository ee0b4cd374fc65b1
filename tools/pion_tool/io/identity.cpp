// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/identity.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <system_error>

namespace pion::io {
namespace {

using Status = struct stat;

std::optional<Status> status_of(const std::filesystem::path& path) {
  Status status = {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

bool same_inode(const Status& a, const Status& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

std::filesystem::path resolved(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path at = path;
  constexpr int most_links = 40;  // as the kernel follows
  for (int i = 0; i < most_links && std::filesystem::is_symlink(at, error); ++i) {
    at = at.parent_path() / std::filesystem::read_symlink(at, error);
  }
  const std::filesystem::path canonical =
      std::filesystem::weakly_canonical(std::filesystem::absolute(at, error), error);
  return error ? at : canonical;
}

bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  const std::optional<Status> one = status_of(a), other = status_of(b);
  if (one && other) return same_inode(*one, *other) && !S_ISCHR(one->st_mode);
  return !one && !other && resolved(a) == resolved(b);
}

bool is_stream(const std::filesystem::path& path) {
  const std::optional<Status> status = status_of(path);
  if (!status) return false;
  return S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode) || S_ISCHR(status->st_mode) ||
         is_standard_output(path);
}

bool is_standard_output(const std::filesystem::path& path) {
  for (const char* name : {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}) {
    if (path == name) return true;
  }
  Status out = {};
  const std::optional<Status> status = status_of(path);
  // A terminal and /dev/null have other names, under which they are not meant as standard output.
  return status && ::fstat(STDOUT_FILENO, &out) == 0 && same_inode(*status, out) &&
         (S_ISFIFO(out.st_mode) || S_ISSOCK(out.st_mode));
}

}  // namespace pion::io
