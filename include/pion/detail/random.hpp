// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>  // std::uint64_t

#include <pion/detail/host_device.hpp>

namespace pion::detail {

/// The i-th of a stream of 64 random bits: a hash of a counter, so that any thread can ask for any
/// number and the stream depends on the seed alone (the finaliser of SplitMix64; Steele, Lea and
/// Flood 2014).
PION_HOST_DEVICE constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

}  // namespace pion::detail
