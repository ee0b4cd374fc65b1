// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::ptrdiff_t
#include <cstdint>  // std::uint32_t, std::uint64_t
#include <cstring>  // std::memcpy
#include <type_traits>

#include <pion/detail/host_device.hpp>

/// Tells NaN and infinity by the bits of a number. Under -ffast-math and -ffinite-math-only a
/// compiler takes every number for finite: it leaves out std::isfinite(), and comparisons that only
/// NaN fails. It may assume nothing of integers.
namespace pion::detail {

/// The bits of a float or double, and the mask of its exponent, all ones for NaN and infinity.
template <class T>
struct FloatBits {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  using type = std::conditional_t<std::is_same_v<T, float>, std::uint32_t, std::uint64_t>;
  static constexpr int mantissa = std::is_same_v<T, float> ? 23 : 52;
  static constexpr type lowest = type(1) << mantissa;  ///< The last bit of the exponent.
  static constexpr type sign = type(1) << (sizeof(T) * 8 - 1);
  static constexpr type exponent = sign - lowest;

  PION_HOST_DEVICE static type of(T x) {
    type bits = 0;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
  }
};

/// Whether x is neither NaN nor infinite.
template <class T>
PION_HOST_DEVICE bool is_finite(T x) {
  using Bits = FloatBits<T>;
  return (Bits::of(x) & Bits::exponent) != Bits::exponent;
}

template <class T>
PION_HOST_DEVICE bool is_nan(T x) {
  using Bits = FloatBits<T>;
  return (Bits::of(x) & ~Bits::sign) > Bits::exponent;
}

/// Whether none of `count` numbers in a row is NaN or infinite.
template <class T>
bool all_finite(const T* x, std::ptrdiff_t count) {
  using Bits = FloatBits<T>;
  constexpr std::ptrdiff_t lanes = 32;  // numbers that a compiler may keep in registers
  typename Bits::type carry[lanes] = {};
  // One added to an exponent of ones carries into the sign, to no other.
  const auto look = [&carry, &x](std::ptrdiff_t l) {
    carry[l] |= (Bits::of(x[l]) & Bits::exponent) + Bits::lowest;
  };
  for (; count >= lanes; count -= lanes, x += lanes) {
    for (std::ptrdiff_t l = 0; l < lanes; ++l) look(l);
  }
  for (std::ptrdiff_t l = 0; l < count; ++l) look(l);
  typename Bits::type any = 0;
  for (const auto one : carry) any |= one;
  return (any & Bits::sign) == 0;
}

}  // namespace pion::detail
