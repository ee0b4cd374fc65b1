// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace pion::io {
namespace {

std::string reason(int code) { return std::generic_category().message(code); }

Descriptor open(const std::filesystem::path& path, int flags) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (file.number() >= 0) return file;
  throw Error(path.string(), fmt::format("cannot open: {}", reason(errno)));
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Source Source::file(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe must not wait for its other end; a regular file does not mind.
  Descriptor file = open(path, O_NONBLOCK);
  struct stat status = {};
  if (::fstat(file.number(), &status) != 0) {
    throw Error(path.string(), fmt::format("cannot open: {}", reason(errno)));
  }
  if (!S_ISREG(status.st_mode)) throw Error(path.string(), detail::kind_of_file(status.st_mode));
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

std::string read_text(const std::filesystem::path& path, std::uint64_t limit) {
  const Descriptor file = open(path, 0);  // waits for a pipe's other end, as it should
  std::string text;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t got = ::read(file.number(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EISDIR) throw Error(path.string(), detail::kind_of_file(S_IFDIR));
    if (got < 0) throw Error(path.string(), fmt::format("cannot read: {}", reason(errno)));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) {
      throw Error(path.string(),
                  fmt::format("has more than the {} bytes that such a file may have", limit));
    }
  }
}

const char* detail::kind_of_file(unsigned mode) {
  if (S_ISDIR(mode)) return "is a directory";
  if (S_ISFIFO(mode) || S_ISSOCK(mode)) {
    return "is a pipe; it must be a file, for tensors are read where they lie: save it to a file "
           "first";
  }
  return "is not a regular file";
}

}  // namespace pion::io
