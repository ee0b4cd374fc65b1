// SPDX-License-Identifier: Apache-2.0
// What the tests of files share: a folder that goes away, a look at the message of an error, and
// files put together by hand, so that they can be wrong in every way.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include "pion_tool/io/error.hpp"

namespace pion::io::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    static std::atomic<int> counter{0};
    do {
      path_ = std::filesystem::temp_directory_path() /
              ("pion-test-" + std::to_string(++counter) + "-" +
               std::to_string(reinterpret_cast<std::uintptr_t>(this)));
    } while (!std::filesystem::create_directory(path_));
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  std::size_t count() const {
    const std::filesystem::directory_iterator files(path_);
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

 private:
  std::filesystem::path path_;
};

/// What the io::Error thrown by `action` says; checked to be one line. Other exceptions pass.
template <class Action>
std::string message(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    const std::string what = error.what();
    for (const char c : what) {
      if (static_cast<unsigned char>(c) < 0x20) return "a control character in: " + what;
    }
    return what;
  }
  return "no error";
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<long>(content.size()));
}

/// The low `count` bytes of a number, lowest first.
inline std::string little_endian(std::uint64_t number, unsigned count) {
  std::string out;
  for (unsigned i = 0; i < count; ++i) out += static_cast<char>(number >> (8 * i) & 0xffU);
  return out;
}

/// The bytes of values, the lowest of each first.
template <class Value>
std::string raw(const std::vector<Value>& values) {
  std::string out;
  for (const Value value : values) {
    std::conditional_t<sizeof(Value) == 4, std::uint32_t, std::uint64_t> bits = 0;
    static_assert(sizeof bits == sizeof value);
    std::memcpy(&bits, &value, sizeof bits);
    out += little_endian(bits, sizeof bits);
  }
  return out;
}

inline std::string npy(const std::string& header, const std::string& values, char version = 1) {
  return "\x93NUMPY" + std::string{version, '\0'} +
         little_endian(header.size(), version == 1 ? 2 : 4) + header + values;
}

inline std::string safetensors(const std::string& header, const std::string& values) {
  return little_endian(header.size(), 8) + header + values;
}

}  // namespace pion::io::test
