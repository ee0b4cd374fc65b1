// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include "pion_tool/io/identity.hpp"

namespace pion::io {
namespace {

/// Writes all of it. Returns false, with errno, if it could not.
bool write_all(int file, const char* from, std::size_t size) {
  while (size > 0) {
    const ssize_t put = ::write(file, from, size);
    if (put < 0 && errno == EINTR) continue;
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
  struct stat status = {};
  const bool exists = ::stat(target_.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    throw Error(path_.string(), detail::kind_of_file(status.st_mode));
  }
  if (exists && ::access(target_.c_str(), W_OK) != 0) fail(errno);

  remove_stale_temporaries(target_);
  const mode_t mode = exists ? status.st_mode & 0777U : 0666U;  // never more open than it was
  temporary_ = std::make_unique<Temporary>(target_);
  file_ =
      Descriptor(::open(temporary_->path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file_.number() < 0) fail(errno);
  ::flock(file_.number(), LOCK_EX | LOCK_NB);  // says that this program lives
}

void AtomicFile::open_unnamed() {
  std::error_code none;
  std::filesystem::path folder = std::filesystem::temp_directory_path(none);
  if (none) folder = "/tmp";
  const Temporary name(folder / "stream");  // removed at once; the open file stays
  file_ = Descriptor(::open(name.path().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file_.number() < 0) fail(errno);
}

void AtomicFile::write(const void* data, std::size_t size) {
  if (!write_all(file_.number(), static_cast<const char*>(data), size)) fail(errno);
}

void AtomicFile::commit() {
  if (stream_) return pass_on();
  if (::fsync(file_.number()) != 0) fail(errno);
  if (::close(file_.release()) != 0) fail(errno);
  if (::rename(temporary_->path().c_str(), target_.c_str()) != 0) fail(errno);
  temporary_->release();
}

void AtomicFile::pass_on() {
  // Standard output goes on where it stands: opened anew, a file that it is sent to with >> would
  // be written from its beginning.
  const bool standard = is_standard_output(path_);
  if (standard) std::fflush(stdout);
  const Descriptor to(standard ? ::dup(STDOUT_FILENO)
                               : ::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  if (to.number() < 0 || ::lseek(file_.number(), 0, SEEK_SET) != 0) fail(errno);
  std::vector<char> piece(std::size_t{1} << 16U);
  for (;;) {
    const ssize_t got = ::read(file_.number(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno);
    if (got == 0) return;
    if (!write_all(to.number(), piece.data(), static_cast<std::size_t>(got))) fail(errno);
  }
}

void AtomicFile::fail(int code) const {
  const std::filesystem::path folder = target_.parent_path();
  std::error_code ignored;
  if (code == ENOENT && !folder.empty() && !std::filesystem::exists(folder, ignored)) {
    throw Error(path_.string(),
                fmt::format("cannot write: the directory {} does not exist", folder.string()));
  }
  throw Error(path_.string(),
              fmt::format("cannot write: {}", std::generic_category().message(code)));
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace pion::io
