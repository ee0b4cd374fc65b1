// SPDX-License-Identifier: Apache-2.0
// The cuSOLVER of the test double, by Eigen.

#include <cusolverDn.h>

#include "device.hpp"

struct cusolverDnContext {
  cudaStream_t stream = nullptr;
};

extern "C" {

cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t* handle) {
  if (const int code = device_double::called("cusolverDnCreate"); code != 0) {
    return static_cast<cusolverStatus_t>(code);
  }
  *handle = new cusolverDnContext;
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnDestroy(cusolverDnHandle_t handle) {
  delete handle;
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUSOLVER_STATUS_SUCCESS;
}

}  // extern "C"
