// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the GPU's benchmarks share: device memory, random inputs, and medians over CUDA events.

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include <pion/cuda.hpp>
#include <pion/filter/chains.hpp>

namespace bench {

using namespace pion;

// The families; each prints one JSON object a line.
void bench_chains(cuda::Context& context);
void bench_low_rank(cuda::Context& context);
void bench_steps(cuda::Context& context);

template <class T>
struct Memory {
  explicit Memory(Index count) {
    cuda::check(cudaMalloc(&memory, static_cast<std::size_t>(count) * sizeof(T)), "cudaMalloc");
  }
  ~Memory() { cudaFree(memory); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  T* data() const { return static_cast<T*>(memory); }
  void* memory = nullptr;
};

template <class T>
std::unique_ptr<Memory<T>> random_values(Index count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> gauss;
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& v : values) v = cuda::from_double<T>(static_cast<double>(gauss(random)));
  auto held = std::make_unique<Memory<T>>(count);
  cuda::check(
      cudaMemcpy(held->memory, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice),
      "cudaMemcpy");
  return held;
}

/// The median milliseconds of call(i), by events on the context's stream.
template <class Call>
double median_ms(cuda::Context& context, const Call& call, int repeats = 30) {
  cudaEvent_t start = nullptr, stop = nullptr;
  cuda::check(cudaEventCreate(&start), "cudaEventCreate");
  cuda::check(cudaEventCreate(&stop), "cudaEventCreate");
  std::vector<float> all;
  for (int i = -5; i < repeats; ++i) {
    cuda::check(cudaEventRecord(start, context.stream()), "cudaEventRecord");
    call(i + 5);
    cuda::check(cudaEventRecord(stop, context.stream()), "cudaEventRecord");
    cuda::check(cudaEventSynchronize(stop), "cudaEventSynchronize");
    float ms = 0;
    cuda::check(cudaEventElapsedTime(&ms, start, stop), "cudaEventElapsedTime");
    if (i >= 0) all.push_back(ms);
  }
  cudaEventDestroy(start);
  cudaEventDestroy(stop);
  const auto middle = all.begin() + repeats / 2;
  std::nth_element(all.begin(), middle, all.end());
  return static_cast<double>(*middle);
}

/// Input sets of so many elements that together pass 128 MB, twice the largest cache.
template <class T>
Index sets_of(Index elements) {
  return std::clamp<Index>((Index(128) << 20) / (elements * static_cast<Index>(sizeof(T))), 2, 16);
}

}  // namespace bench
