// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pion_tool/io/error.hpp"

namespace pion::io {

/// An open file of the operating system (POSIX), closed at the end of its life.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// Bytes that are read in pieces: a regular file, or memory lent by the caller. No read allocates
/// before it is known that the bytes are there.
class Source {
 public:
  static Source file(const std::filesystem::path& path);
  static Source memory(std::string name, const void* data, std::size_t size);

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }

  std::vector<std::byte> bytes(std::uint64_t offset, std::uint64_t count) const;
  std::string text(std::uint64_t offset, std::uint64_t count) const;

 private:
  Source(std::string name, std::uint64_t size, Descriptor file, const std::byte* memory)
      : name_(std::move(name)), size_(size), file_(std::move(file)), memory_(memory) {}

  template <class Container>
  Container read(std::uint64_t offset, std::uint64_t count) const;

  std::string name_;
  std::uint64_t size_;
  Descriptor file_;
  const std::byte* memory_;  // null for a file
};

/// A file that appears whole or not at all. What is written goes to a temporary file beside the
/// target; `commit` puts it in the target's place. Without a successful `commit` the temporary is
/// removed and the target is as it was.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(const void* data, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  [[noreturn]] void fail(int code) const;

  std::filesystem::path path_;       // as the caller gave it, for messages
  std::filesystem::path target_;     // the file itself, where path_ is a symbolic link
  std::filesystem::path temporary_;  // empty once committed
  Descriptor file_;
};

/// A small text file as a whole; one longer than `limit` is refused.
std::string read_text(const std::filesystem::path& path, std::uint64_t limit = 16U << 20U);

/// Writes a text file atomically.
void write_text(const std::filesystem::path& path, std::string_view text);

}  // namespace pion::io
