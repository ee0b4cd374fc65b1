// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/identity.hpp"

#include <charconv>
#include <string>
#include <system_error>

#include "pion_tool/io/platform.hpp"

namespace pion::io {
namespace {

using platform::Kind;
using Status = std::optional<platform::Status>;

bool same(const Status& a, const Status& b) {
  return a && b && a->number != 0 && a->volume == b->volume && a->number == b->number;
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
  const Status one = platform::status_of(a), other = platform::status_of(b);
  if (one && other) return same(one, other) && one->kind != Kind::device;
  return !one && !other && resolved(a) == resolved(b);
}

bool is_stream(const std::filesystem::path& path) {
  const Status status = platform::status_of(path);
  return (status && (status->kind == Kind::pipe || status->kind == Kind::device)) ||
         open_file_of(path);
}

std::optional<int> open_file_of(const std::filesystem::path& path) {
  if (path == "/dev/stdout") return 1;
  if (path == "/dev/stderr") return 2;
  const std::filesystem::path folder = path.parent_path();
  const std::string name = path.filename().string();
  int number = 0;
  if (folder != "/dev/fd" && folder != "/proc/self/fd") return std::nullopt;
  const auto end = std::from_chars(name.data(), name.data() + name.size(), number);
  if (end.ec != std::errc() || end.ptr != name.data() + name.size()) return std::nullopt;
  return number;
}

bool is_standard_output(const std::filesystem::path& path) {
  if (open_file_of(path) == 1) return true;
  const Status status = platform::status_of(path);
  // A terminal and /dev/null have other names, under which they are not meant as standard output.
  return status && status->kind == Kind::pipe && same(status, platform::status_of(1));
}

}  // namespace pion::io
