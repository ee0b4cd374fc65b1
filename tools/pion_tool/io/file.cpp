// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/file.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace pion::io {
namespace {

std::string reason(int code) { return std::generic_category().message(code); }

[[noreturn]] void cannot_open(const std::filesystem::path& path) {
  throw Error(path.string(), fmt::format("cannot open: {}", reason(errno)));
}

Descriptor open(const std::filesystem::path& path, bool wait) {
  Descriptor file(platform::open_to_read(path, wait));
  if (file.number() < 0) cannot_open(path);
  return file;
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) platform::close(number_);
}

Source Source::file(const std::filesystem::path& path) {
  Descriptor file = open(path, false);
  const auto status = platform::status_of(file.number());
  if (!status) cannot_open(path);
  if (status->kind != platform::Kind::regular) {
    throw Error(path.string(), detail::kind_of_file(status->kind));
  }
  return {path.string(), status->size, std::move(file), nullptr};
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
    const std::ptrdiff_t got =
        platform::read_at(file_.number(), out.data() + done, count - done, offset + done);
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
  const Descriptor file = open(path, true);
  const auto status = platform::status_of(file.number());
  if (status && status->kind == platform::Kind::directory) {
    throw Error(path.string(), detail::kind_of_file(status->kind));
  }
  std::string text;
  std::array<char, 4096> piece;
  for (;;) {
    const std::ptrdiff_t got = platform::read(file.number(), piece.data(), piece.size());
    if (got < 0) throw Error(path.string(), fmt::format("cannot read: {}", reason(errno)));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) {
      throw Error(path.string(),
                  fmt::format("has more than the {} bytes that such a file may have", limit));
    }
  }
}

const char* detail::kind_of_file(platform::Kind kind) {
  if (kind == platform::Kind::directory) return "is a directory";
  if (kind == platform::Kind::pipe) {
    return "is a pipe; it must be a file, for tensors are read where they lie: save it to a file "
           "first";
  }
  return "is not a regular file";
}

}  // namespace pion::io
