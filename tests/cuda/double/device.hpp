// SPDX-License-Identifier: Apache-2.0
#pragma once

// A test double of a CUDA device: the entry points of the CUDA runtime, cuBLAS and cuSOLVER that
// pion calls, on the CPU, linked in place of the real libraries. It is no device: nothing is said
// about kernels' speed, their launch shapes or races inside them. It is strict where a device is
// lenient: - device memory can be touched by the device's own operations alone; the host that reads
// it dies; - it is full of NaNs when it comes (its first megabyte); - a stream's operations run
// when somebody waits for them, not before, each on what its arguments were when it was put there;
// - while a stream is captured, whatever waits or allocates is refused.

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <cuda_runtime_api.h>

using Operation = std::function<void()>;

struct CUgraph_st {
  std::vector<Operation> operations;
};
struct CUgraphExec_st : CUgraph_st {};

struct CUstream_st {
  std::vector<Operation> waiting;
  CUgraph_st* captured = nullptr;
};

namespace device_double {

/// What a test sets and reads.
struct State {
  std::size_t memory_limit = std::size_t(1) << 30;  ///< cudaMalloc fails beyond it.
  std::map<std::string, int> failing;               ///< The code that the next call of it returns.
  int unconverged = 0;                              ///< What SVDs leave in their info.
  std::map<std::string, int> calls;                 ///< How often each entry point was called.
};
State& state();

/// Counts the call, and returns the code to fail with, 0 for none; it fails once.
int called(const char* name);

/// Puts an operation on a stream, or in the graph that it is captured into. On the null stream it
/// runs at once.
void put(cudaStream_t stream, Operation operation);

/// True if any stream is being captured.
bool capturing();

/// Runs everything that waits on any stream.
void run_all();

}  // namespace device_double
