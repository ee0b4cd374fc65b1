// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::fabs, std::nearbyint
#include <cstdint>    // std::int8_t
#include <cstring>    // std::memcpy
#include <string>

#include <Eigen/Core>

#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/run_part.hpp>

/// Keeps a part's buffers in fewer bytes. A codec has:
///
///   code_bytes(count), scales(count)    bytes and scales of T that `count` entries take
///   encode(from, codes, scale)          codes and scales of the matrix `from`
///   decode(codes, scale, to)            the matrix again
namespace pion::optimizer {

/// Keeps each entry in 8 bits: the nearest of 127 steps either way, of a size common to a block of
/// `block` entries, whose largest has 127 (8-bit Muon, Gupta et al. 2025). Blocks run over the
/// matrix row by row, without a break at the ends of rows; the paper does not say how they run, and
/// others begin one with each row. A block of zeros stays so.
struct Int8Blocks {
  Index block = 2048;

  void require_valid() const { detail::require_period("Int8Blocks: block", block); }
  std::string signature() const {
    return detail::signature("Int8Blocks", {{"block", static_cast<double>(block)}});
  }
  Index code_bytes(Index count) const { return count; }
  Index scales(Index count) const { return (count + block - 1) / block; }

  template <class T>
  void decode(const std::int8_t* codes, const T* scale, const engine::View<T>& to) const {
    for (Index i = 0; i < to.rows; ++i) {
      for (Index j = 0; j < to.cols; ++j) {
        const Index at = i * to.cols + j;
        to.data[i + j * to.stride] = static_cast<T>(codes[at]) * scale[at / block];
      }
    }
  }
  template <class T>
  void encode(const engine::View<T>& from, std::int8_t* codes, T* scale) const {
    const Index count = from.rows * from.cols;
    const auto entry = [&from](Index at) {
      return from.data[at / from.cols + (at % from.cols) * from.stride];
    };
    for (Index first = 0; first < count; first += block) {
      const Index end = (std::min)(first + block, count);
      T largest = 0;
      for (Index at = first; at < end; ++at) largest = (std::max)(largest, std::fabs(entry(at)));
      const T size = largest / T(127);
      scale[first / block] = size;
      for (Index at = first; at < end; ++at) {
        const T steps = size > T(0) ? std::nearbyint(entry(at) / size) : T(0);
        codes[at] =
            static_cast<std::int8_t>(steps >= T(-127) ? (std::min)(steps, T(127)) : T(-127));
      }
    }
  }
};

/// Keeps each entry as the nearest bfloat16.
struct Bfloat16 {
  std::string signature() const { return "Bfloat16"; }
  static Index code_bytes(Index count) { return 2 * count; }
  static Index scales(Index /*count*/) { return 0; }

  template <class T>
  void decode(const std::int8_t* codes, const T* /*scale*/, const engine::View<T>& to) const {
    for (Index i = 0; i < to.rows; ++i) {
      for (Index j = 0; j < to.cols; ++j) {
        Eigen::bfloat16 number;
        std::memcpy(static_cast<void*>(&number), codes + 2 * (i * to.cols + j), 2);
        to.data[i + j * to.stride] = static_cast<T>(number);
      }
    }
  }
  template <class T>
  void encode(const engine::View<T>& from, std::int8_t* codes, T* /*scale*/) const {
    for (Index i = 0; i < from.rows; ++i) {
      for (Index j = 0; j < from.cols; ++j) {
        const auto number = static_cast<Eigen::bfloat16>(from.data[i + j * from.stride]);
        std::memcpy(codes + 2 * (i * from.cols + j), &number, 2);
      }
    }
  }
};

/// Runs a part whose buffers a codec keeps: decoded before the part runs, encoded after it. The
/// part works with the decoded numbers, in the scalar of the step.
template <class Codec, class Part>
struct Stored {
  Codec codec;
  Part part;

  static constexpr int buffers = 3 * detail::buffer_count<Part>;
  BufferShape buffer(int i, Index rows, Index cols) const {
    const BufferShape inner = detail::buffer_shape(part, i / 3, rows, cols);
    const Index count = inner.rows * inner.cols;
    switch (i % 3) {
      case 0: return {inner.name, codec.code_bytes(count), 1, Storage::codes};
      case 1: return {"scales", codec.scales(count), 1};
      default: return {inner.name, inner.rows, inner.cols, Storage::scratch};
    }
  }
  void require_valid() const {
    detail::require_valid_part(codec);
    detail::require_valid_part(part);
  }
  std::string signature() const {
    return detail::part_signature(part) + " in " + detail::part_signature(codec);
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    constexpr int count = detail::buffer_count<Part>;
    Slot<T> decoded[count > 0 ? static_cast<std::size_t>(count) : 1];
    // Of each of the part's buffers there are codes, scales and the matrix itself.
    const auto three = [own](int i) { return own + Index(3) * i; };
    for (int i = 0; i < count; ++i) {
      decoded[i] = three(i)[2];
      codec.decode(three(i)[0].codes.data, three(i)[1].values.data, decoded[i].values);
    }
    detail::run_part<Engine>(part, x, static_cast<const Slot<T>*>(decoded), at);
    for (int i = 0; i < count; ++i) {
      codec.encode(decoded[i].values, three(i)[0].codes.data, three(i)[1].values.data);
    }
  }
};
template <class Codec, class Part>
Stored(Codec, Part) -> Stored<Codec, Part>;

}  // namespace pion::optimizer
