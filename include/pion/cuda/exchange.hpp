// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min, std::transform
#include <cstddef>    // std::byte, std::size_t
#include <cstring>    // std::memcpy

#include <pion/cuda/batch.hpp>
#include <pion/cuda/error.hpp>

namespace pion::cuda {

/// Copies small things between host and device, in the order of one stream, through a stretch of
/// page-locked memory. Methods copy only what they cannot do without.
class Exchange {
 public:
  /// \throws device_error if a call of CUDA fails, here and below.
  explicit Exchange(cudaStream_t stream) : stream_(stream) {
    void* memory = nullptr;
    check(cudaMallocHost(&memory, capacity), "cudaMallocHost");
    memory_ = static_cast<std::byte*>(memory);
  }
  ~Exchange() { cudaFreeHost(memory_); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// to[0..count) on the device <- from[0..count), rounded to T, at most `capacity` bytes. `from`
  /// may be gone when the call returns. Waits for the device only where all the page-locked memory
  /// is in use.
  template <class From, class T>
  void send(const From* from, Index count, T* to) {
    const std::size_t bytes = sizeof(T) * static_cast<std::size_t>(count);
    T* const here = reinterpret_cast<T*>(take(bytes));
    std::transform(from, from + count, here, [](From value) { return static_cast<T>(value); });
    check(cudaMemcpyAsync(to, here, bytes, cudaMemcpyHostToDevice, stream_), "cudaMemcpyAsync");
  }

  /// to[0..count) <- from[0..count) on the device, after all that the stream does before. Waits for
  /// the device.
  template <class T>
  void fetch(const T* from, Index count, T* to) {
    constexpr auto most = static_cast<Index>(capacity / sizeof(T));
    for (Index i = 0; i < count; i += most) {
      const std::size_t bytes = sizeof(T) * static_cast<std::size_t>((std::min)(most, count - i));
      std::byte* const here = take(bytes);
      check(cudaMemcpyAsync(here, from + i, bytes, cudaMemcpyDeviceToHost, stream_),
            "cudaMemcpyAsync");
      wait();
      std::memcpy(to + i, here, bytes);
    }
  }

  template <class T>
  T fetch(const T* from) {
    T value;
    fetch(from, 1, &value);
    return value;
  }

  /// Waits for the stream; all of the memory is free then.
  void wait() {
    check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
    used_ = 0;
  }

  static constexpr std::size_t capacity = std::size_t(1) << 20;  ///< Bytes.

 private:
  std::byte* take(std::size_t bytes) {
    constexpr std::size_t line = 64;
    const std::size_t whole = (bytes + line - 1) / line * line;
    if (used_ + whole > capacity) wait();
    std::byte* const here = memory_ + used_;
    used_ += whole;
    return here;
  }

  cudaStream_t stream_;
  std::byte* memory_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace pion::cuda
