// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>   // std::fputs
#include <cstdlib>  // std::abort
#include <stdexcept>
#include <string>
#include <utility>  // std::move

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>

namespace pion {

/// Says that a call of CUDA, cuBLAS or cuSOLVER failed: which call, and the name of the code that
/// it returned.
///
/// Where memory was asked for and there was none, nothing has changed. After an error of a kernel
/// the device itself is in doubt, as CUDA has it.
class device_error : public std::runtime_error {
 public:
  device_error(std::string call, std::string code)
      : std::runtime_error(call + " returned " + code),
        call_(std::move(call)),
        code_(std::move(code)) {}

  const std::string& call() const { return call_; }  ///< As "cudaMalloc".
  const std::string& code() const { return code_; }  ///< As "cudaErrorMemoryAllocation".

 private:
  std::string call_;
  std::string code_;
};

namespace cuda {

/// \throws device_error always: `call` returned `code`.
[[noreturn]] inline void refuse_call(const char* call, const std::string& code) {
#if defined(__cpp_exceptions)
  throw device_error(call, code);
#else
  std::fputs((std::string("pion: ") + call + " returned " + code + "\n").c_str(), stderr);
  std::abort();
#endif
}

/// \throws device_error unless the code says success.
inline void check(cudaError_t code, const char* call) {
  if (code == cudaSuccess) return;
  cudaGetLastError();  // so that the next check of a launch does not meet this error again
  refuse_call(call, cudaGetErrorName(code));
}

/// \throws device_error unless the code says success.
inline void check(cublasStatus_t code, const char* call) {
  if (code != CUBLAS_STATUS_SUCCESS) refuse_call(call, cublasGetStatusName(code));
}

/// Names a code of cuSOLVER, which has no function for that.
inline const char* name_of(cusolverStatus_t code) {
  switch (code) {
    case CUSOLVER_STATUS_NOT_INITIALIZED: return "CUSOLVER_STATUS_NOT_INITIALIZED";
    case CUSOLVER_STATUS_ALLOC_FAILED: return "CUSOLVER_STATUS_ALLOC_FAILED";
    case CUSOLVER_STATUS_INVALID_VALUE: return "CUSOLVER_STATUS_INVALID_VALUE";
    case CUSOLVER_STATUS_ARCH_MISMATCH: return "CUSOLVER_STATUS_ARCH_MISMATCH";
    case CUSOLVER_STATUS_EXECUTION_FAILED: return "CUSOLVER_STATUS_EXECUTION_FAILED";
    case CUSOLVER_STATUS_INTERNAL_ERROR: return "CUSOLVER_STATUS_INTERNAL_ERROR";
    case CUSOLVER_STATUS_NOT_SUPPORTED: return "CUSOLVER_STATUS_NOT_SUPPORTED";
    default: return "a CUSOLVER_STATUS without a name here";
  }
}

/// \throws device_error unless the code says success.
inline void check(cusolverStatus_t code, const char* call) {
  if (code != CUSOLVER_STATUS_SUCCESS) {
    refuse_call(call, std::string(name_of(code)) + " (" + std::to_string(int(code)) + ")");
  }
}

}  // namespace cuda
}  // namespace pion
