// SPDX-License-Identifier: Apache-2.0
// Runs the tests where there is a device, and says why not where there is none: exit status 77,
// which CTest counts as skipped.

#include <cstdio>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include <cuda_runtime_api.h>

int main(int argc, char** argv) {
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error != cudaSuccess || devices == 0) {
    std::printf("skipped: no CUDA device (%s)\n",
                error == cudaSuccess ? "none found" : cudaGetErrorName(error));
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
