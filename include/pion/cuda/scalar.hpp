// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cfloat>  // DBL_MAX, ...

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <library_types.h>

#include <pion/detail/host_device.hpp>

/// The scalars of device matrices. This header and those it includes are read by nvcc too, so they
/// leave Eigen out.

namespace pion::cuda {

using half = __half;             ///< CUDA's binary16.
using bfloat16 = __nv_bfloat16;  ///< CUDA's bfloat16.

/// Tells what the library must know of a scalar T that matrices are stored in.
///
/// `Sum` is what its products are summed in, `type` CUDA's name for it, `epsilon` the distance from
/// 1 to the next T, `highest` the largest T, `least` the smallest normal one.
template <class T>
struct Scalar;
template <>
struct Scalar<double> {
  using Sum = double;
  static constexpr cudaDataType type = CUDA_R_64F;
  static constexpr double epsilon = DBL_EPSILON, highest = DBL_MAX, least = DBL_MIN;
};
template <>
struct Scalar<float> {
  using Sum = float;
  static constexpr cudaDataType type = CUDA_R_32F;
  static constexpr double epsilon = FLT_EPSILON, highest = FLT_MAX, least = FLT_MIN;
};
template <>
struct Scalar<bfloat16> {
  using Sum = float;
  static constexpr cudaDataType type = CUDA_R_16BF;
  static constexpr double epsilon = 0x1p-7, highest = 0x1.fep127, least = 0x1p-126;
};
template <>
struct Scalar<half> {
  using Sum = float;
  static constexpr cudaDataType type = CUDA_R_16F;
  static constexpr double epsilon = 0x1p-10, highest = 65504.0, least = 0x1p-14;
};

/// What products of T are summed in.
template <class T>
using sum_t = typename Scalar<T>::Sum;

/// Converts to double, exactly. The 16-bit types go through float, the conversion that they have.
template <class T>
PION_HOST_DEVICE double to_double(T value) {
  return static_cast<double>(static_cast<sum_t<T>>(value));
}
/// Rounds to the nearest T (twice, by way of float, for the 16-bit types).
template <class T>
PION_HOST_DEVICE T from_double(double value) {
  return static_cast<T>(static_cast<sum_t<T>>(value));
}

/// The scalar that a filter is computed in, whatever x and y are stored in. Products of 16-bit
/// matrices are always summed in float32.
enum class Precision {
  storage,  ///< The scalar that x is stored in.
  f64,      ///< Double matrices and sums.
  f32,      ///< Float matrices, multiplied exactly, float sums.
  tf32,     ///< Float matrices, rounded to 11 bits where they are multiplied, float sums.
  bf16,     ///< Matrices of 8 bits and float's range, float sums.
  f16,      ///< Matrices of 11 bits, but 2^-25 absolute for entries below 2^-14; float sums.
};

}  // namespace pion::cuda
