// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/atomic_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>
#include <vector>

#include "pion_tool/io/identity.hpp"

namespace pion::io {
namespace {

/// Writes all of it. Returns false, with errno, if it could not.
bool write_all(int file, const char* from, std::size_t size) {
  while (size > 0) {
    const std::ptrdiff_t put = platform::write(file, from, size);
    if (put < 0) return false;
    from += put;
    size -= static_cast<std::size_t>(put);
  }
  return true;
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path)
    : path_(path), target_(path), stream_(is_stream(path)) {
  stream_ ? open_unnamed() : open_beside();
}

void AtomicFile::open_beside() {
  std::error_code ignored;
  if (std::filesystem::is_symlink(path_, ignored)) target_ = resolved(path_);

  // Renaming would replace a device, and a file that its owner protected: both are refused here.
  const auto status = platform::status_of(target_);
  if (status && status->kind != platform::Kind::regular) {
    throw Error(path_.string(), detail::kind_of_file(status->kind));
  }
  if (status && !platform::may_write(target_)) fail(errno);

  remove_stale_temporaries(target_);
  const unsigned mode = status ? status->permissions : 0666U;  // never more open than it was
  temporary_ = std::make_unique<Temporary>(target_);
  file_ = Descriptor(platform::create(temporary_->path(), mode));
  if (file_.number() < 0) fail(errno);
}

void AtomicFile::open_unnamed() {
  std::error_code none;
  kept_in_ = std::filesystem::temp_directory_path(none);
  if (none) kept_in_ = "/tmp";
  const Temporary name(kept_in_ / "stream");  // removed at once; the open file stays
  file_ = Descriptor(platform::create(name.path(), 0600));
  if (file_.number() < 0) fail_to_keep(errno);
}

void AtomicFile::write(const void* data, std::size_t size) {
  if (write_all(file_.number(), static_cast<const char*>(data), size)) return;
  stream_ ? fail_to_keep(errno) : fail(errno);
}

void AtomicFile::commit() {
  if (stream_) return pass_on();
  if (!platform::flush_to_disk(file_.number())) fail(errno);
  if (!platform::close(file_.release())) fail(errno);
  if (!platform::replace(temporary_->path(), target_)) fail(errno);
  temporary_->release();
}

void AtomicFile::pass_on() {
  // An open file goes on where it stands: opened anew, a file that standard output is sent to with
  // >> would be written from its beginning.
  const std::optional<int> number = is_standard_output(path_) ? 1 : open_file_of(path_);
  if (number == 1) std::fflush(stdout);
  const Descriptor to(number ? platform::duplicate(*number) : platform::open_to_write(path_));
  if (to.number() < 0 || !platform::rewind(file_.number())) fail(errno);
  std::vector<char> piece(std::size_t{1} << 16U);
  for (;;) {
    const std::ptrdiff_t got = platform::read(file_.number(), piece.data(), piece.size());
    if (got < 0) fail(errno);
    if (got == 0) return;
    if (!write_all(to.number(), piece.data(), static_cast<std::size_t>(got))) fail(errno);
  }
}

void AtomicFile::fail(int code) const { throw_unwritable(path_, target_, code); }

void AtomicFile::fail_to_keep(int code) const {
  throw Error(kept_in_.string(),
              fmt::format("cannot keep the output for {} here: {}; name another folder in TMPDIR",
                          path_.string(), std::generic_category().message(code)));
}

void throw_unwritable(const std::filesystem::path& path, const std::filesystem::path& target,
                      int code) {
  const std::filesystem::path folder = target.parent_path();
  std::error_code ignored;
  if (code == ENOENT && !folder.empty() && !std::filesystem::exists(folder, ignored)) {
    throw Error(path.string(),
                fmt::format("cannot write: the directory {} does not exist", folder.string()));
  }
  throw Error(path.string(),
              fmt::format("cannot write: {}", std::generic_category().message(code)));
}

void require_writable(const std::filesystem::path& path) { const AtomicFile never_committed(path); }

void write_text(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace pion::io
