// SPDX-License-Identifier: Apache-2.0
// Runs the tests where there is a device, and says why not where there is none: exit status 77,
// which CTest counts as skipped.
#include <cstdio>
#include <cstdlib>

#include <cuda_runtime_api.h>

#include "support/listener.hpp"

namespace {

struct OnDevice : Listener {
  using Listener::Listener;

  void testRunStarting(const Catch::TestRunInfo&) override {
    int devices = 0;
    const cudaError_t error = cudaGetDeviceCount(&devices);
    if (error == cudaSuccess && devices > 0) return;
    std::printf("skipped: no CUDA device (%s)\n",
                error == cudaSuccess ? "none found" : cudaGetErrorName(error));
    std::exit(77);
  }
};

}  // namespace

CATCH_REGISTER_LISTENER(OnDevice)
