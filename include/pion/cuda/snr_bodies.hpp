// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cfloat>   // DBL_MAX
#include <cstdint>  // std::int64_t

#include <pion/cuda/batch.hpp>
#include <pion/cuda/moments.hpp>
#include <pion/cuda/scalar.hpp>

namespace pion::cuda {

/// What SnrSamples knows but for the mean.
struct SnrNumbers {
  double squares = 0.0;  ///< sum of ||g_i - mean||^2
  std::int64_t count = 0;
  bool admitted = false;  ///< The last sample is finite, and so is its squared norm.
};

struct AdmitSample {
  const Moments* moments;
  SnrNumbers* numbers;
  PION_EITHER_SIDE void operator()(Index) const {
    numbers->admitted = moments->finite() && moments->squares <= DBL_MAX;
    if (numbers->admitted) ++numbers->count;
  }
};

/// Welford's update of mean and squares.
template <class S>
struct Welford {
  using Value = double;
  Table<const S> sample;
  Batch<double> mean;
  SnrNumbers* numbers;

  PION_EITHER_SIDE double nothing(Index) const { return 0.0; }
  PION_EITHER_SIDE double term(Index i, Index j, Index b) const {
    if (!numbers->admitted) return 0.0;
    const double value = to_double(sample(i, j, b));
    const double away = value - mean(i, j, b);
    mean(i, j, b) += away / static_cast<double>(numbers->count);
    return away * (value - mean(i, j, b));
  }
  PION_EITHER_SIDE void finish(Index, double sum) const { numbers->squares += sum; }
};

}  // namespace pion::cuda
