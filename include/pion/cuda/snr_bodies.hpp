// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cfloat>   // DBL_MAX
#include <cstdint>  // std::int64_t

#include <pion/cuda/batch.hpp>
#include <pion/cuda/moments.hpp>
#include <pion/cuda/scalar.hpp>

namespace pion::cuda {

/// Holds what SnrSamples and SnrStream know besides the mean.
struct SnrNumbers {
  double squares = 0.0;    ///< Sum of ||g_i - mean||^2, or the average of ||g||^2.
  std::int64_t count = 0;  ///< Samples so far.
  bool admitted = false;   ///< The last sample is finite, and so is its squared norm.
};

/// numbers <- whether the sample's moments admit it, which is then counted.
struct AdmitSample {
  const NormPartials* moments;
  SnrNumbers* numbers;
  PION_HOST_DEVICE void operator()(Index) const {
    numbers->admitted = moments->finite() && moments->squares <= DBL_MAX;
    if (numbers->admitted) ++numbers->count;
  }
};

/// Adds a sample to the mean, and to the numbers' squares, by Welford's update.
template <class S>
struct Welford {
  using Value = double;
  PointerBatch<const S> sample;
  Batch<double> mean;
  SnrNumbers* numbers;

  PION_HOST_DEVICE double nothing(Index) const { return 0.0; }
  PION_HOST_DEVICE double term(Index i, Index j, Index b) const {
    if (!numbers->admitted) return 0.0;
    const double value = to_double(sample(i, j, b));
    const double away = value - mean(i, j, b);
    mean(i, j, b) += away / static_cast<double>(numbers->count);
    return away * (value - mean(i, j, b));
  }
  PION_HOST_DEVICE void finish(Index, double sum) const { numbers->squares += sum; }
};

/// Adds a sample to the exponential averages of g (mean) and ||g||^2 (numbers); `decay` is the
/// weight of the past.
template <class S>
struct Averages {
  using Value = double;
  PointerBatch<const S> sample;
  Batch<double> mean;
  SnrNumbers* numbers;
  double decay;

  PION_HOST_DEVICE double nothing(Index) const { return 0.0; }
  PION_HOST_DEVICE double term(Index i, Index j, Index b) const {
    if (!numbers->admitted) return 0.0;
    const double value = to_double(sample(i, j, b));
    mean(i, j, b) = decay * mean(i, j, b) + (1.0 - decay) * value;
    return value * value;
  }
  PION_HOST_DEVICE void finish(Index, double sum) const {
    if (numbers->admitted) numbers->squares = decay * numbers->squares + (1.0 - decay) * sum;
  }
};

}  // namespace pion::cuda
