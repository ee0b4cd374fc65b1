// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace pion::io {
namespace {

std::string reason(int code) { return std::generic_category().message(code); }

const char* kind(const struct stat& status) {
  return S_ISDIR(status.st_mode) ? "is a directory" : "is not a regular file";
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Source Source::file(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe must not wait for its other end; a regular file does not mind.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status = {};
  if (file.number() < 0 || ::fstat(file.number(), &status) != 0) {
    throw Error(path.string(), fmt::format("cannot open: {}", reason(errno)));
  }
  if (!S_ISREG(status.st_mode)) throw Error(path.string(), kind(status));
  return {path.string(), static_cast<std::uint64_t>(status.st_size), std::move(file), nullptr};
}

Source Source::memory(std::string name, const void* data, std::size_t size) {
  return {std::move(name), size, Descriptor(), static_cast<const std::byte*>(data)};
}

template <class Container>
Container Source::read(std::uint64_t offset, std::uint64_t count) const {
  if (offset > size_ || count > size_ - offset) {
    throw Error(name_, fmt::format("truncated: {} bytes are needed from byte {} on, but the file "
                                   "ends at byte {}",
                                   count, offset, size_));
  }
  Container out;
  out.resize(count);
  if (count == 0) return out;
  if (file_.number() < 0) {
    std::memcpy(out.data(), memory_ + offset, count);
    return out;
  }
  for (std::uint64_t done = 0; done < count;) {
    const ssize_t got =
        ::pread(file_.number(), out.data() + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(name_, fmt::format("cannot read: {}", reason(errno)));
    if (got == 0) throw Error(name_, "became shorter while it was read");
    done += static_cast<std::uint64_t>(got);
  }
  return out;
}

std::vector<std::byte> Source::bytes(std::uint64_t offset, std::uint64_t count) const {
  return read<std::vector<std::byte>>(offset, count);
}

std::string Source::text(std::uint64_t offset, std::uint64_t count) const {
  return read<std::string>(offset, count);
}

AtomicFile::AtomicFile(const std::filesystem::path& path) : path_(path), target_(path) {
  std::error_code ignored;
  if (std::filesystem::is_symlink(path, ignored)) {
    target_ = std::filesystem::weakly_canonical(path, ignored);
  }

  // Renaming would replace a device, and a file that its owner protected: both are refused here.
  struct stat status = {};
  const bool exists = ::stat(target_.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) throw Error(path_.string(), kind(status));
  if (exists && ::access(target_.c_str(), W_OK) != 0) fail(errno);

  const mode_t mode = exists ? status.st_mode & 0777U : 0666U;  // never more open than it was
  static std::atomic<unsigned> counter{0};
  do {
    temporary_ = target_.parent_path() / fmt::format(".pion-{}-{}.tmp", ::getpid(), ++counter);
    file_ = Descriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  } while (file_.number() < 0 && errno == EEXIST);
  if (file_.number() < 0) fail(errno);
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t size) {
  const char* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t put = ::write(file_.number(), from, size);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(errno);
    from += put;
    size -= static_cast<std::size_t>(put);
  }
}

void AtomicFile::commit() {
  if (::fsync(file_.number()) != 0) fail(errno);
  if (::close(file_.release()) != 0) fail(errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
  temporary_.clear();
}

void AtomicFile::fail(int code) const {
  const std::filesystem::path folder = target_.parent_path();
  std::error_code ignored;
  if (code == ENOENT && !folder.empty() && !std::filesystem::exists(folder, ignored)) {
    throw Error(path_.string(),
                fmt::format("cannot write: the directory {} does not exist", folder.string()));
  }
  throw Error(path_.string(), fmt::format("cannot write: {}", reason(code)));
}

std::string read_text(const std::filesystem::path& path, std::uint64_t limit) {
  const Source source = Source::file(path);
  if (source.size() > limit) {
    throw Error(source.name(),
                fmt::format("has {} bytes, more than the {} that such a file may have",
                            source.size(), limit));
  }
  return source.text(0, source.size());
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace pion::io
