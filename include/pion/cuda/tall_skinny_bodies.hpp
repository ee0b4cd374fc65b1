// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // cos, log, sin, sqrt
#include <cstdint>  // std::uint64_t

#include <pion/cuda/batch.hpp>
#include <pion/cuda/scalar.hpp>
#include <pion/detail/random.hpp>

/// What the low-rank method's kernels do to one element.
namespace pion::cuda {

/// y <- y - x.
template <class T>
struct Subtract {
  Batch<T> x, y;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    y(i, j, b) = static_cast<T>(y(i, j, b) - x(i, j, b));
  }
};

/// result <- the sum of the squares of d - u diag(sigma).
template <class T>
struct Distance {
  using Value = double;
  Batch<double> d;
  Batch<T> u;
  const double* sigma;
  double* result;

  PION_HOST_DEVICE double nothing(Index) const { return 0.0; }
  PION_HOST_DEVICE double term(Index i, Index j, Index b) const {
    const double away = d(i, j, b) - to_double(u(i, j, b)) * sigma[j];
    return away * away;
  }
  PION_HOST_DEVICE void finish(Index b, double sum) const { result[b] = sum; }
};

/// high and low <- from in two parts: high + low is from but for the bits that two S do not hold.
template <class T, class S>
struct Split {
  Batch<T> from;
  Batch<S> high, low;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    const T value = from(i, j, b);
    const S rounded = static_cast<S>(value);
    high(i, j, b) = rounded;
    low(i, j, b) = static_cast<S>(value - static_cast<T>(rounded));
  }
};

/// to <- high + low.
template <class T>
struct Sum {
  Batch<T> high, low, to;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    to(i, j, b) = static_cast<T>(high(i, j, b) + low(i, j, b));
  }
};

/// x <- entries +1 and -1, each with probability 1/2: the same as on the host.
template <class T>
struct FillSigns {
  Batch<T> x;
  std::uint64_t seed;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    const Index word = j * ((x.rows + 63) / 64) + i / 64;
    const std::uint64_t bits = detail::random_bits(seed, static_cast<std::uint64_t>(word));
    x(i, j, b) = static_cast<T>((bits >> static_cast<unsigned>(i % 64) & 1U) != 0 ? 1.0f : -1.0f);
  }
};

/// x <- independent standard normal entries (Box and Muller 1958), two neighbours from one number.
template <class T>
struct FillGaussian {
  Batch<T> x;
  std::uint64_t seed;
  PION_HOST_DEVICE void operator()(Index i, Index j, Index b) const {
    const Index k = i + j * x.rows;
    const std::uint64_t bits = detail::random_bits(seed, static_cast<std::uint64_t>(k / 2));
    const double u = static_cast<double>((bits >> 32U) + 1) * 0x1p-32;  // in (0, 1]
    const double angle = static_cast<double>(bits & 0xffffffffU) * (0x1p-32 * 6.283185307179586);
    const double radius = ::sqrt(-2.0 * ::log(u));
    x(i, j, b) = from_double<T>(radius * (k % 2 == 0 ? ::cos(angle) : ::sin(angle)));
  }
};

}  // namespace pion::cuda
