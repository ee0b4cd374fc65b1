// SPDX-License-Identifier: Apache-2.0
// The CUDA runtime of the test double.

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

#include "device.hpp"

using device_double::called;
using device_double::capturing;
using device_double::put;
using device_double::run_all;
using device_double::state;

namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t most_poisoned = std::size_t(1)
                                      << 20;  // of an allocation, for the time it takes
std::map<void*, std::size_t> memory;          // each allocation and its bytes, in whole pages
std::set<CUstream_st*> streams;

void protect(int how) {
  for (const auto& [start, bytes] : memory) mprotect(start, bytes, how);
}

/// Runs operations of the device, to which alone its memory is open.
template <class Run>
void on_device(const Run& run) {
  protect(PROT_READ | PROT_WRITE);
  run();
  protect(PROT_NONE);
}

void run_stream(CUstream_st* stream) {
  on_device([stream] {
    for (const Operation& operation : stream->waiting) operation();
  });
  stream->waiting.clear();
}

cudaError_t fails(const char* name, bool waits = false) {
  if (const int code = called(name); code != 0) return static_cast<cudaError_t>(code);
  return waits && capturing() ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

}  // namespace

namespace device_double {

State& state() {
  static State state;
  return state;
}

int called(const char* name) {
  ++state().calls[name];
  const auto failing = state().failing.find(name);
  if (failing == state().failing.end()) return 0;
  const int code = failing->second;
  state().failing.erase(failing);
  return code;
}

void put(cudaStream_t stream, Operation operation) {
  if (stream == nullptr) {
    run_all();
    on_device(operation);
  } else if (stream->captured != nullptr) {
    stream->captured->operations.push_back(std::move(operation));
  } else {
    stream->waiting.push_back(std::move(operation));
  }
}

bool capturing() {
  for (const CUstream_st* stream : streams) {
    if (stream->captured != nullptr) return true;
  }
  return false;
}

/// In turns, one operation of each stream, the youngest stream first.
void run_all() {
  on_device([] {
    for (std::size_t i = 0, left = 1; left > 0; ++i) {
      left = 0;
      for (auto stream = streams.rbegin(); stream != streams.rend(); ++stream) {
        if (i >= (*stream)->waiting.size()) continue;
        (*stream)->waiting[i]();
        ++left;
      }
    }
  });
  for (CUstream_st* stream : streams) stream->waiting.clear();
}

}  // namespace device_double

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return fails("cudaGetDeviceCount");
}

cudaError_t cudaMalloc(void** to, std::size_t bytes) {
  if (const cudaError_t error = fails("cudaMalloc", true); error != cudaSuccess) return error;
  std::size_t used = 0;
  for (const auto& [start, size] : memory) used += size;
  const std::size_t pages = (bytes + page) / page * page;
  if (used + pages > state().memory_limit) return cudaErrorMemoryAllocation;
  void* const start =
      mmap(nullptr, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return cudaErrorMemoryAllocation;
  std::memset(start, 0xFF, std::min(pages, most_poisoned));
  mprotect(start, pages, PROT_NONE);
  memory[start] = pages;
  *to = start;
  return cudaSuccess;
}

cudaError_t cudaFree(void* start) {
  if (start == nullptr) return cudaSuccess;
  if (const cudaError_t error = fails("cudaFree", true); error != cudaSuccess) return error;
  run_all();
  munmap(start, memory.at(start));
  memory.erase(start);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** to, std::size_t bytes) {
  if (const cudaError_t error = fails("cudaMallocHost", true); error != cudaSuccess) return error;
  *to = std::malloc(bytes);
  return *to == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFreeHost(void* start) {
  run_all();
  std::free(start);
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind) {
  if (const cudaError_t error = fails("cudaMemcpy", true); error != cudaSuccess) return error;
  run_all();
  on_device([=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t stream) {
  if (const cudaError_t error = fails("cudaMemcpyAsync"); error != cudaSuccess) return error;
  put(stream, [=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}

cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
  if (const cudaError_t error = fails("cudaMemset", true); error != cudaSuccess) return error;
  run_all();
  on_device([=] { std::memset(to, value, bytes); });
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  if (const cudaError_t error = fails("cudaMemsetAsync"); error != cudaSuccess) return error;
  put(stream, [=] { std::memset(to, value, bytes); });
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  if (const cudaError_t error = fails("cudaStreamCreateWithFlags"); error != cudaSuccess) {
    return error;
  }
  *stream = new CUstream_st;
  streams.insert(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  run_stream(stream);
  streams.erase(stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (const cudaError_t error = fails("cudaStreamSynchronize", true); error != cudaSuccess) {
    return error;
  }
  stream == nullptr ? run_all() : run_stream(stream);
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  if (const cudaError_t error = fails("cudaDeviceSynchronize", true); error != cudaSuccess) {
    return error;
  }
  run_all();
  return cudaSuccess;
}

cudaError_t cudaGetLastError() { return cudaSuccess; }

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorLaunchFailure: return "cudaErrorLaunchFailure";
    case cudaErrorStreamCaptureUnsupported: return "cudaErrorStreamCaptureUnsupported";
    default: return "another cudaError";
  }
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  const bool captured = stream != nullptr && stream->captured != nullptr;
  *status = captured ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  stream->captured = new CUgraph_st;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = stream->captured;
  stream->captured = nullptr;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long) {
  *made = new CUgraphExec_st{*graph};
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  for (const Operation& operation : graph->operations) put(stream, operation);
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete graph;
  return cudaSuccess;
}

}  // extern "C"
