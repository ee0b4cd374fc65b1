// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // sqrt

#include <pion/cuda/bodies.hpp>

/// What the kernels do with the factors of an SVD.
namespace pion::cuda {

/// gain[j] <- 1 for the first `most` directions whose sigma rounding cannot have made of 0
/// (algorithm::numerical_rank, for a matrix of that long_side), else 0; and what that says of the
/// result.
template <class T>
struct Select {
  const T* sigma;  ///< `count` of them, descending.
  Index count, most, long_side;
  const int* failed;
  double* gain;
  Info* info;
  PION_HOST_DEVICE void operator()(Index j) const {
    gain[j] = counts(j) ? 1.0 : 0.0;
    if (j > 0) return;
    if (*failed != 0 && info->status == Info::done) info->status = Info::not_converged;
    info->rank = 0;
    while (info->rank < count && counts(info->rank)) ++info->rank;
    info->output_norm = sqrt(static_cast<double>(info->rank));
  }

 private:
  PION_HOST_DEVICE bool counts(Index j) const {
    const T least = static_cast<T>(static_cast<double>(long_side) * Scalar<T>::epsilon) * sigma[0];
    return j < most && sigma[j] > least;
  }
};

/// x <- x diag(gain).
template <class T>
struct ScaleColumns {
  Batch<T> x;
  const double* gain;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    x(i, j, b) = from_double<T>(to_double(x(i, j, b)) * gain[j]);
  }
};

}  // namespace pion::cuda
