// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <string>

#include <pion/cuda/batch.hpp>
#include <pion/cuda/context.hpp>
#include <pion/cuda/scalar.hpp>
#include <pion/detail/check.hpp>
#include <pion/engine/panels.hpp>

/// Products by cuBLAS.
namespace pion::cuda {

using engine::Op;

/// Returns the arithmetic of products of T matrices. Entries of float are multiplied exactly, or as
/// TF32.
template <class T>
cublasComputeType_t arithmetic(bool tf32) {
  if (Scalar<T>::type == CUDA_R_64F) return CUBLAS_COMPUTE_64F;
  return Scalar<T>::type == CUDA_R_32F && tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
}

/// The extent as cuBLAS counts. \throws std::invalid_argument if it is too large.
inline int narrow(Index extent) {
  if (extent > (std::numeric_limits<int>::max)()) {
    detail::refuse_argument("cuda: an extent of " + std::to_string(extent) +
                            " does not fit cuBLAS's int");
  }
  return static_cast<int>(extent);
}

/// The name that cuBLAS has for it.
constexpr cublasOperation_t operation(Op op) { return op == Op::plain ? CUBLAS_OP_N : CUBLAS_OP_T; }

/// c <- alpha op_a(a) op_b(b) + beta c for every matrix of the batches. Where beta is 0, c is not
/// read. A batch of step 0 gives the same matrix to every product. C is T, or the scalar that T is
/// summed in.
template <class T, class C>
void multiply(const Context& context, bool tf32, double alpha, const Batch<T>& a, Op op_a,
              const Batch<T>& b, Op op_b, double beta, const Batch<C>& c) {
  if (c.shape().empty()) return;
  const Index depth = op_a == Op::plain ? a.cols : a.rows;
  const auto factor = static_cast<sum_t<T>>(alpha);
  const auto kept = static_cast<sum_t<T>>(beta);
  check(cublasGemmStridedBatchedEx(
            context.blas(), operation(op_a), operation(op_b), narrow(c.rows), narrow(c.cols),
            narrow(depth), &factor, a.data, Scalar<T>::type, narrow(a.stride), a.step, b.data,
            Scalar<T>::type, narrow(b.stride), b.step, &kept, c.data, Scalar<C>::type,
            narrow(c.stride), c.step, narrow(c.count), arithmetic<T>(tf32), CUBLAS_GEMM_DEFAULT),
        "cublasGemmStridedBatchedEx");
}

/// c <- alpha a op_b(b) with matrices given by lists of addresses in device memory, `tile` x `tile`
/// each, for inner dimension `depth`.
template <class T>
void multiply_tiles(const Context& context, bool tf32, double alpha, const void* const* from_a,
                    Index stride_a, const void* const* from_b, Index stride_b, Op op_b,
                    void* const* to, Index stride_c, Index tile, Index depth, Index count) {
  const auto factor = static_cast<sum_t<T>>(alpha);
  const auto none = sum_t<T>(0);
  check(cublasGemmBatchedEx(context.blas(), CUBLAS_OP_N, operation(op_b), narrow(tile),
                            narrow(tile), narrow(depth), &factor, from_a, Scalar<T>::type,
                            narrow(stride_a), from_b, Scalar<T>::type, narrow(stride_b), &none, to,
                            Scalar<T>::type, narrow(stride_c), narrow(count), arithmetic<T>(tf32),
                            CUBLAS_GEMM_DEFAULT),
        "cublasGemmBatchedEx");
}

}  // namespace pion::cuda
