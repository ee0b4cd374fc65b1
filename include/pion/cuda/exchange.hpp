// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cstddef>    // std::byte, std::size_t
#include <cstring>    // std::memcpy

#include <pion/cuda/batch.hpp>
#include <pion/cuda/error.hpp>

namespace pion::cuda {

/// Where small things cross between host and device, in the order of one stream: a stretch of
/// page-locked memory. Only what a method cannot do without goes this way.
class Exchange {
 public:
  /// \throws device_error, here and below.
  explicit Exchange(cudaStream_t stream) : stream_(stream) {
    void* memory = nullptr;
    check(cudaMallocHost(&memory, capacity), "cudaMallocHost");
    memory_ = static_cast<std::byte*>(memory);
  }
  ~Exchange() { cudaFreeHost(memory_); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// to[0..count) on the device <- from[0..count), at most `capacity` bytes, which may be gone when
  /// the call returns. Waits only where all the memory is still under way.
  template <class T>
  void send(const T* from, Index count, T* to) {
    const std::size_t bytes = sizeof(T) * static_cast<std::size_t>(count);
    std::byte* const here = take(bytes);
    std::memcpy(here, from, bytes);
    check(cudaMemcpyAsync(to, here, bytes, cudaMemcpyHostToDevice, stream_), "cudaMemcpyAsync");
  }

  /// to[0..count) <- from[0..count) on the device, after all that the stream does before: the host
  /// waits for it.
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

  void wait() {
    check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
    used_ = 0;
  }

  static constexpr std::size_t capacity = std::size_t(1) << 20;

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
