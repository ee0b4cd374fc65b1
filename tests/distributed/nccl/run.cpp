// SPDX-License-Identifier: Apache-2.0
// Runs the tests on every rank of mpirun, each with a device of its own; says why not where there
// are fewer devices: exit status 77, which CTest counts as skipped. A test that fails on one rank
// alone leaves the others waiting, so that --abort is given.
#include <cstdio>
#include <cstdlib>

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <cuda_runtime_api.h>
#include <mpi.h>

#include "support/listener.hpp"

namespace {

struct OnEveryRank : Listener {
  using Listener::Listener;

  void testRunStarting(const Catch::TestRunInfo&) override {
    MPI_Init(nullptr, nullptr);
#ifndef PION_DEVICE_DOUBLE  // of which each rank has one
    int rank = 0, ranks = 1, devices = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    const cudaError_t error = cudaGetDeviceCount(&devices);
    if (error == cudaSuccess && devices >= ranks) {
      cudaSetDevice(rank);
      return;
    }
    std::printf("skipped: %d ranks need as many CUDA devices, and there are %d (%s)\n", ranks,
                error == cudaSuccess ? devices : 0, cudaGetErrorName(error));
    MPI_Finalize();
    std::exit(77);
#endif
  }
  void testRunEnded(const Catch::TestRunStats& stats) override {
    if (!stats.totals.assertions.allOk()) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
  }
};

}  // namespace

CATCH_REGISTER_LISTENER(OnEveryRank)
