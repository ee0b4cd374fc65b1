// SPDX-License-Identifier: Apache-2.0
// The cuBLAS of the test double: products by Eigen, in the arithmetic that was asked for.

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <Eigen/Core>

#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "device.hpp"

struct cublasContext {
  cudaStream_t stream = nullptr;
};

namespace {

using Eigen::Index;
template <class T>
using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// One operand as cuBLAS is told of it.
struct Operand {
  cublasOperation_t op;
  int stride;
};

/// To 11 bits, ties to even, as tensor cores read a float in TF32.
float to_tf32(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits += 0xFFFU + (bits >> 13 & 1U);
  bits &= ~0x1FFFU;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

/// c = alpha op(a) op(b) + beta c, from T to sums of S to C, rounded once.
template <class T, class S, class C>
void product(int m, int n, int k, S alpha, const void* a, Operand of_a, const void* b, Operand of_b,
             S beta, void* c, int stride_c, bool tf32) {
  const auto read = [&](const void* from, Operand how, Index rows, Index cols) {
    Dense<S> x(rows, cols);
    for (Index j = 0; j < cols; ++j) {
      for (Index i = 0; i < rows; ++i) {
        const Index at = how.op == CUBLAS_OP_N ? i + j * how.stride : i * how.stride + j;
        x(i, j) = static_cast<S>(static_cast<const T*>(from)[at]);
        if constexpr (std::is_same_v<S, float>) {
          if (tf32) x(i, j) = to_tf32(x(i, j));
        }
      }
    }
    return x;
  };
  const Dense<S> sum = read(a, of_a, m, k) * read(b, of_b, k, n);
  C* const to = static_cast<C*>(c);
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i < m; ++i) {
      S value = alpha * sum(i, j);
      if (beta != S(0)) value += beta * static_cast<S>(to[i + j * stride_c]);
      to[i + j * stride_c] = static_cast<C>(value);
    }
  }
}

bool refused(int m, int n, int k, Operand a, Operand b, int stride_c) {
  return m < 0 || n < 0 || k < 0 || a.stride < std::max(1, a.op == CUBLAS_OP_N ? m : k) ||
         b.stride < std::max(1, b.op == CUBLAS_OP_N ? k : n) || stride_c < std::max(1, m);
}

/// Puts `count` products on the stream; place(i) gives the three addresses of the i-th, there.
template <class Place>
cublasStatus_t put_products(const char* name, cublasHandle_t handle, int m, int n, int k,
                            const void* alpha, Operand a, Operand b, const void* beta, int stride_c,
                            int count, cudaDataType type, cudaDataType type_c,
                            cublasComputeType_t arithmetic, const Place& place) {
  if (const int code = device_double::called(name); code != 0) {
    return static_cast<cublasStatus_t>(code);
  }
  if (refused(m, n, k, a, b, stride_c) || count < 0) return CUBLAS_STATUS_INVALID_VALUE;
  const bool tf32 = arithmetic == CUBLAS_COMPUTE_32F_FAST_TF32;
  if ((type == CUDA_R_64F) != (arithmetic == CUBLAS_COMPUTE_64F) || (tf32 && type != CUDA_R_32F)) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  const auto put = [&](auto element, auto one, auto result) {
    using T = decltype(element);
    using S = decltype(one);
    using C = decltype(result);
    const S factor = *static_cast<const S*>(alpha), kept = *static_cast<const S*>(beta);
    device_double::put(handle->stream, [=] {
      for (int i = 0; i < count; ++i) {
        const auto [from_a, from_b, to] = place(i);
        product<T, S, C>(m, n, k, factor, from_a, a, from_b, b, kept, to, stride_c, tf32);
      }
    });
    return CUBLAS_STATUS_SUCCESS;
  };
  if (type_c != type) {  // 16-bit factors and float results
    if (type_c != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (type == CUDA_R_16BF) return put(__nv_bfloat16(), float(), float());
    if (type == CUDA_R_16F) return put(__half(), float(), float());
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  switch (type) {
    case CUDA_R_64F: return put(double(), double(), double());
    case CUDA_R_32F: return put(float(), float(), float());
    case CUDA_R_16BF: return put(__nv_bfloat16(), float(), __nv_bfloat16());
    case CUDA_R_16F: return put(__half(), float(), __half());
    default: return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}

struct Addresses {
  const void* a;
  const void* b;
  void* c;
};

std::ptrdiff_t size_of(cudaDataType type) {
  return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2;
}

}  // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  if (const int code = device_double::called("cublasCreate"); code != 0) {
    return static_cast<cublasStatus_t>(code);
  }
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void*, std::size_t) {
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) { return CUBLAS_STATUS_SUCCESS; }

const char* cublasGetStatusName(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
    default: return "another CUBLAS_STATUS";
  }
}

cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t handle, cublasOperation_t op_a,
                                          cublasOperation_t op_b, int m, int n, int k,
                                          const void* alpha, const void* a, cudaDataType type,
                                          int stride_a, long long step_a, const void* b,
                                          cudaDataType, int stride_b, long long step_b,
                                          const void* beta, void* c, cudaDataType type_c,
                                          int stride_c, long long step_c, int count,
                                          cublasComputeType_t arithmetic, cublasGemmAlgo_t) {
  const std::ptrdiff_t size = size_of(type), size_c = size_of(type_c);
  return put_products("cublasGemmStridedBatchedEx", handle, m, n, k, alpha, {op_a, stride_a},
                      {op_b, stride_b}, beta, stride_c, count, type, type_c, arithmetic,
                      [=](int i) {
                        return Addresses{static_cast<const char*>(a) + i * step_a * size,
                                         static_cast<const char*>(b) + i * step_b * size,
                                         static_cast<char*>(c) + i * step_c * size_c};
                      });
}

cublasStatus_t cublasGemmBatchedEx(cublasHandle_t handle, cublasOperation_t op_a,
                                   cublasOperation_t op_b, int m, int n, int k, const void* alpha,
                                   const void* const a[], cudaDataType type, int stride_a,
                                   const void* const b[], cudaDataType, int stride_b,
                                   const void* beta, void* const c[], cudaDataType type_c,
                                   int stride_c, int count, cublasComputeType_t arithmetic,
                                   cublasGemmAlgo_t) {
  return put_products("cublasGemmBatchedEx", handle, m, n, k, alpha, {op_a, stride_a},
                      {op_b, stride_b}, beta, stride_c, count, type, type_c, arithmetic,
                      [=](int i) {
                        return Addresses{a[i], b[i], c[i]};
                      });
}

}  // extern "C"
