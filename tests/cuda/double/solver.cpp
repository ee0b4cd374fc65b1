// SPDX-License-Identifier: Apache-2.0
// The cuSOLVER of the test double, by Eigen.

#include <algorithm>

#include <Eigen/SVD>

#include <cusolverDn.h>

#include "device.hpp"

struct cusolverDnContext {
  cudaStream_t stream = nullptr;
};

namespace {

using Eigen::Index;
using Matrix = Eigen::MatrixXd;

cusolverStatus_t work_size(const char* name, int m, int n, int* size) {
  if (const int code = device_double::called(name); code != 0) {
    return static_cast<cusolverStatus_t>(code);
  }
  if (m < n) return CUSOLVER_STATUS_INVALID_VALUE;  // as the library
  *size = m + n;
  return CUSOLVER_STATUS_SUCCESS;
}

/// In double whatever T. The input and the work are lost, as with the library.
template <class T>
cusolverStatus_t svd(const char* name, cusolverDnHandle_t handle, signed char job_u,
                     signed char job_vt, int m, int n, T* a, int ld_a, T* sigma, T* u, int ld_u,
                     T* vt, int ld_vt, T* work, int work_size, int* failed) {
  if (const int code = device_double::called(name); code != 0) {
    return static_cast<cusolverStatus_t>(code);
  }
  const bool vectors = job_u == 'S' && job_vt == 'S';
  if (m < n || ld_a < m || work_size < m + n || (vectors && (ld_u < m || ld_vt < n)) ||
      (!vectors && (job_u != 'N' || job_vt != 'N'))) {
    return CUSOLVER_STATUS_INVALID_VALUE;
  }
  const int fails = device_double::state().unconverged;
  device_double::put(handle->stream, [=] {
    Matrix x(m, n);
    for (Index j = 0; j < n; ++j) {
      for (Index i = 0; i < m; ++i) {
        x(i, j) = static_cast<double>(a[i + j * ld_a]);
        a[i + j * ld_a] = T(-7);
      }
    }
    std::fill_n(work, work_size, T(-7));
    const Eigen::JacobiSVD<Matrix> s(x, Eigen::ComputeThinU | Eigen::ComputeThinV);
    for (Index j = 0; j < n; ++j) sigma[j] = static_cast<T>(s.singularValues()(j));
    *failed = fails;
    if (!vectors) return;
    for (Index j = 0; j < n; ++j) {
      for (Index i = 0; i < m; ++i) u[i + j * ld_u] = static_cast<T>(s.matrixU()(i, j));
      for (Index i = 0; i < n; ++i) vt[i + j * ld_vt] = static_cast<T>(s.matrixV()(j, i));
    }
  });
  return CUSOLVER_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

cusolverStatus_t cusolverDnSgesvd_bufferSize(cusolverDnHandle_t, int m, int n, int* size) {
  return work_size("cusolverDnSgesvd_bufferSize", m, n, size);
}

cusolverStatus_t cusolverDnDgesvd_bufferSize(cusolverDnHandle_t, int m, int n, int* size) {
  return work_size("cusolverDnDgesvd_bufferSize", m, n, size);
}

cusolverStatus_t cusolverDnSgesvd(cusolverDnHandle_t handle, signed char job_u, signed char job_vt,
                                  int m, int n, float* a, int ld_a, float* sigma, float* u,
                                  int ld_u, float* vt, int ld_vt, float* work, int size, float*,
                                  int* failed) {
  return svd("cusolverDnSgesvd", handle, job_u, job_vt, m, n, a, ld_a, sigma, u, ld_u, vt, ld_vt,
             work, size, failed);
}

cusolverStatus_t cusolverDnDgesvd(cusolverDnHandle_t handle, signed char job_u, signed char job_vt,
                                  int m, int n, double* a, int ld_a, double* sigma, double* u,
                                  int ld_u, double* vt, int ld_vt, double* work, int size, double*,
                                  int* failed) {
  return svd("cusolverDnDgesvd", handle, job_u, job_vt, m, n, a, ld_a, sigma, u, ld_u, vt, ld_vt,
             work, size, failed);
}

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
