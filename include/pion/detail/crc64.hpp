// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>  // std::size_t
#include <cstdint>  // std::uint64_t

#include <pion/detail/language.hpp>

namespace pion::detail {

/// CRC-64/XZ (ECMA-182, reflected), which finds every change of up to 64 bits in a row.
class Crc64 {
 public:
  void add(const char* bytes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      rest_ = table()[(rest_ ^ static_cast<unsigned char>(bytes[i])) & 0xFF] ^ (rest_ >> 8);
    }
  }
  std::uint64_t value() const { return ~rest_; }

 private:
  static const std::array<std::uint64_t, 256>& table() {
    static const std::array<std::uint64_t, 256> made = [] {
      std::array<std::uint64_t, 256> t{};
      for (std::size_t i = 0; i < t.size(); ++i) {
        std::uint64_t rest = i;
        for (int bit = 0; bit < 8; ++bit) {
          rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0xC96C5795D7870F42ULL : 0);
        }
        t[i] = rest;
      }
      return t;
    }();
    return made;
  }

  std::uint64_t rest_ = ~std::uint64_t{0};
};

}  // namespace pion::detail
