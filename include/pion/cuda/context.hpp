// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte, std::size_t
#include <optional>
#include <string>

#include <pion/cuda/error.hpp>
#include <pion/cuda/exchange.hpp>
#include <pion/detail/check.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::cuda {

/// Owns a stretch of device memory that grows and never shrinks.
class Memory {
 public:
  Memory() = default;
  ~Memory() { cudaFree(data_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// Returns at least `bytes`; what was there is lost when it grows. Growing waits for the device.
  /// \throws device_error if there is not enough memory, and then everything is as it was: the old
  ///         memory goes after the new has come, so that both are needed for a moment.
  std::byte* reserve(std::size_t bytes) {
    if (bytes > capacity_) {
      void* larger = nullptr;
      check(cudaMalloc(&larger, bytes), "cudaMalloc");
      cudaFree(data_);
      data_ = static_cast<std::byte*>(larger);
      capacity_ = bytes;
    }
    return data_;
  }

  std::size_t capacity() const { return capacity_; }  ///< Bytes that it holds.

 private:
  std::byte* data_ = nullptr;
  std::size_t capacity_ = 0;
};

/// Holds what calls on one stream share: the stream, the libraries' handles and the memory that the
/// calls work in.
///
/// One context serves one call at a time, in the order of its stream; several contexts, on streams
/// of their own, run at once. Calls that do not say otherwise only add to the stream. They neither
/// wait for the device nor allocate when the workspace is large enough (reserve() or an earlier
/// call), and can then be captured in a graph; the graph holds the workspace's address, so it must
/// not grow while such a graph is in use.
class Context {
 public:
  /// Makes a context with a stream of its own.
  /// \throws device_error if a call of CUDA or cuBLAS fails, here and below.
  Context() {
    cudaStream_t stream = nullptr;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    stream_.value = stream;
    open(stream);
  }

  /// Makes a context on the caller's stream, which must outlive the context.
  explicit Context(cudaStream_t stream) { open(stream); }

  cudaStream_t stream() const { return used_; }        ///< The stream that calls add to.
  cublasHandle_t blas() const { return blas_.value; }  ///< cuBLAS's handle, on that stream.

  /// Returns cuSOLVER's handle, made at the first use: few calls need it and it takes memory.
  cusolverDnHandle_t solver() {
    if (solver_.value == nullptr) {
      Handle<cusolverDnHandle_t, cusolverDnDestroy> made;
      check(cusolverDnCreate(&made.value), "cusolverDnCreate");
      check(cusolverDnSetStream(made.value, used_), "cusolverDnSetStream");
      solver_.swap(made);
    }
    return solver_.value;
  }

  /// Returns the exchange, made at the first use, for the calls that wait for the device.
  Exchange& exchange() {
    if (!exchange_) exchange_.emplace(used_);
    return *exchange_;
  }

  /// \throws std::invalid_argument that names `function` if the stream is being captured in a
  ///         graph: a graph cannot hold what the host does between two launches.
  void require_no_capture(const char* function) const {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    check(cudaStreamIsCapturing(used_, &status), "cudaStreamIsCapturing");
    if (status != cudaStreamCaptureStatusNone) {
      detail::refuse_argument(std::string(function) +
                              ": it waits for the device, so no graph can capture it");
    }
  }

  /// Returns memory for a call; what an earlier call kept there is lost.
  std::byte* reserve(std::size_t bytes) { return workspace_.reserve(bytes); }
  std::size_t capacity() const { return workspace_.capacity(); }

  /// Memory of the host for a call that waits for the device, likewise.
  std::byte* reserve_on_host(std::size_t bytes) {
    host_.reserve(bytes);
    return host_.data();
  }

  /// Waits until everything on the stream is done.
  void synchronize() const { check(cudaStreamSynchronize(used_), "cudaStreamSynchronize"); }

 private:
  /// Gives a library's object back, whatever becomes of the constructor.
  template <class T, auto destroy>
  struct Handle {
    T value = nullptr;
    Handle() = default;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
      if (value != nullptr) destroy(value);
    }
    void swap(Handle& other) {
      const T mine = value;
      value = other.value;
      other.value = mine;
    }
  };

  // What NVIDIA recommends for Hopper. Given by us, so that cuBLAS allocates nothing later.
  static constexpr std::size_t blas_bytes = std::size_t(32) << 20;

  void open(cudaStream_t stream) {
    used_ = stream;
    check(cublasCreate(&blas_.value), "cublasCreate");
    check(cublasSetStream(blas_.value, stream), "cublasSetStream");
    check(cublasSetWorkspace(blas_.value, blas_memory_.reserve(blas_bytes), blas_bytes),
          "cublasSetWorkspace");
    // Sums that are split stay in float32 for 16-bit matrices.
    check(cublasSetMathMode(
              blas_.value,
              cublasMath_t(CUBLAS_DEFAULT_MATH | CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION)),
          "cublasSetMathMode");
  }

  // In this order, so that the handles go before the memory, and the stream last.
  Handle<cudaStream_t, cudaStreamDestroy> stream_;
  cudaStream_t used_ = nullptr;
  Memory blas_memory_;
  Memory workspace_;
  Workspace host_;
  std::optional<Exchange> exchange_;
  Handle<cublasHandle_t, cublasDestroy> blas_;
  Handle<cusolverDnHandle_t, cusolverDnDestroy> solver_;
};

}  // namespace pion::cuda
