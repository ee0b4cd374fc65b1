// SPDX-License-Identifier: Apache-2.0
// pion on a GPU: one JSON object a line on standard output. Medians over CUDA events, warm, inputs
// rotating over sets that together exceed the cache. Exit status 77 without a device.

#include <cstdio>

#include "common.hpp"

int main() {
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error != cudaSuccess || devices == 0) {
    std::printf("skipped: no CUDA device (%s)\n", cudaGetErrorName(error));
    return 77;
  }
  cudaDeviceProp properties;
  pion::cuda::check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  std::printf("{\"name\":\"device\",\"device\":\"%s\"}\n", properties.name);
  pion::cuda::Context context;
  bench::bench_low_rank(context);
  bench::bench_steps(context);
  bench::bench_chains(context);
  return 0;
}
