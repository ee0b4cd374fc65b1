// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // fabs
#include <cstdint>  // std::uint64_t
#include <cstring>  // memcpy

#include <pion/cuda/batch.hpp>
#include <pion/optimizer/recipe/formulas.hpp>

/// The quantile of the sizes of all entries of a matrix, digit by digit of their binary forms: each
/// digit is one pass, without a sort and without memory for one (cuda/parts.hpp).
namespace pion::cuda {

/// |x| as a whole number of the same order.
PION_HOST_DEVICE inline std::uint64_t size_key(float x) {
  const float size = ::fabsf(x);
  std::uint32_t key = 0;
  memcpy(&key, &size, sizeof key);
  return key;
}
PION_HOST_DEVICE inline std::uint64_t size_key(double x) {
  const double size = ::fabs(x);
  std::uint64_t key = 0;
  memcpy(&key, &size, sizeof key);
  return key;
}
/// The number of a key.
template <class T>
PION_HOST_DEVICE T size_of_key(std::uint64_t key) {
  T size = T(0);
  if (sizeof(T) == sizeof(std::uint64_t)) {
    memcpy(&size, &key, sizeof size);
  } else {
    const auto narrow = static_cast<std::uint32_t>(key);
    memcpy(&size, &narrow, sizeof size);
  }
  return size;
}

/// How many entries are below each value of one digit.
struct DigitCounts {
  static constexpr int bits = 4;                  ///< Of a digit.
  static constexpr int others = (1 << bits) - 1;  ///< Digits besides 0.
  Index below[others] = {};                       ///< Entries below 1, below 2, ...
  /// Adds the entries of two parts of a matrix.
  PION_HOST_DEVICE DigitCounts operator+(const DigitCounts& other) const {
    DigitCounts sum;
    for (int d = 0; d < others; ++d) sum.below[d] = below[d] + other.below[d];
    return sum;
  }
};

/// key <- with the digit at `shift` of the key of number `place`, counted from 0, among the entries
/// of x in the order of sizes. `first` is the highest digit, before which there is no key.
template <class T>
struct FindDigit {
  using Value = DigitCounts;
  Batch<T> x;
  Index place;
  int shift;
  bool first;
  std::uint64_t* key;

  PION_HOST_DEVICE DigitCounts nothing(Index) const { return {}; }
  PION_HOST_DEVICE DigitCounts term(Index i, Index j, Index b) const {
    const std::uint64_t mine = size_key(x(i, j, b)), before = known();
    DigitCounts counts;
    for (int d = 0; d < DigitCounts::others; ++d) counts.below[d] = mine < with(before, d + 1);
    return counts;
  }
  PION_HOST_DEVICE void finish(Index, const DigitCounts& counts) const {
    int digit = 0;
    while (digit < DigitCounts::others && counts.below[digit] <= place) ++digit;
    *key = with(known(), digit);
  }

 private:
  PION_HOST_DEVICE std::uint64_t known() const { return first ? 0 : *key; }
  PION_HOST_DEVICE std::uint64_t with(std::uint64_t before, int digit) const {
    return before | static_cast<std::uint64_t>(digit) << shift;
  }
};

/// How many entries are not above a key, and the least key above it.
struct KeysAbove {
  Index not_above = 0;                      ///< How many.
  std::uint64_t least = ~std::uint64_t(0);  ///< All bits where no key is above.
  /// Joins two parts of a matrix.
  PION_HOST_DEVICE KeysAbove operator+(const KeysAbove& other) const {
    return {not_above + other.not_above, least < other.least ? least : other.least};
  }
};

/// limit <- the size between those of the entries of x of numbers `place` (whose key is known) and
/// `place` + 1, at `share` of the way, plus `floor`.
template <class T>
struct InterpolateSizes {
  using Value = KeysAbove;
  Batch<T> x;
  Index place;
  const std::uint64_t* key;
  double share, floor;
  T* limit;

  PION_HOST_DEVICE KeysAbove nothing(Index) const { return {}; }
  PION_HOST_DEVICE KeysAbove term(Index i, Index j, Index b) const {
    const std::uint64_t mine = size_key(x(i, j, b));
    KeysAbove one;
    if (mine > *key) {
      one.least = mine;
    } else {
      one.not_above = 1;
    }
    return one;
  }
  PION_HOST_DEVICE void finish(Index, const KeysAbove& all) const {
    const T here = size_of_key<T>(*key);
    const bool last = all.least == ~std::uint64_t(0);
    const T next = last || all.not_above > place + 1 ? here : size_of_key<T>(all.least);
    *limit = here + static_cast<T>(share) * (next - here) + static_cast<T>(floor);
  }
};

/// x <- x within [-limit, limit].
template <class T>
struct ClipEntries {
  Batch<T> x;
  const T* limit;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    x(i, j, b) = optimizer::formulas::clipped(x(i, j, b), *limit);
  }
};

}  // namespace pion::cuda
