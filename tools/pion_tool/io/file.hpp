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
#include "pion_tool/io/platform.hpp"

namespace pion::io {

/// Owns an open file of the operating system, and closes it at the end of its life.
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

/// Reads pieces of a regular file, or of memory that the caller lends. It allocates a piece only
/// after it has found that the file is long enough.
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

/// Reads a small text as a whole, from a file, a pipe or the standard input. \throws Error if it is
/// longer than `limit`.
std::string read_text(const std::filesystem::path& path, std::uint64_t limit = 16U << 20U);

namespace detail {

/// Says what a file is that is no regular one, and what to do: a reason for an Error.
const char* kind_of_file(platform::Kind kind);

}  // namespace detail

}  // namespace pion::io
