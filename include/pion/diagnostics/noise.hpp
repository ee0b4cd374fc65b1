// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::atan, std::cos, std::sin, std::sqrt, std::tan

#include <pion/detail/bisect.hpp>
#include <pion/detail/traits.hpp>

/// Where the noise of a matrix ends. The singular values of an m x n matrix of independent noise of
/// variance v, m <= n, fill the stretch sqrt(v) (sqrt n -+ sqrt m) (Marchenko and Pastur 1967); a
/// direction that stands out of it carries signal. Vectors of singular values are descending.
namespace pion {

namespace detail {

struct Aspect {
  double m, n, beta;  ///< Short side, long side, m / n.
};

inline Aspect aspect(Index rows, Index cols) {
  const auto m = static_cast<double>((std::min)(rows, cols));
  const auto n = static_cast<double>((std::max)(rows, cols));
  return {m, n, m / n};
}

}  // namespace detail

/// Computes the median of sigma^2 / (n v) under the Marchenko-Pastur law of ratio 0 < beta <= 1.
///
/// With sigma^2 / (n v) = 1 + beta + 2 sqrt(beta) cos(theta), the share of the singular values
/// above it is [(1 + beta) theta - 2 sqrt(beta) sin(theta) - 2 (1 - beta) atan(q tan(theta / 2))] /
/// (2 pi beta), q = (1 - sqrt(beta)) / (1 + sqrt(beta)); bisection finds where that is one half.
inline double marchenko_pastur_median(double beta) {
  constexpr double pi = 3.14159265358979323846;
  const double root = std::sqrt(beta);
  const double q = (1.0 - root) / (1.0 + root);
  const auto less_than_half = [=](double theta) {
    const double above = (1.0 + beta) * theta - 2.0 * root * std::sin(theta) -
                         2.0 * (1.0 - beta) * std::atan(q * std::tan(0.5 * theta));
    return above < pi * beta;
  };
  return 1.0 + beta + 2.0 * root * std::cos(detail::bisect(less_than_half, 0.0, pi).inside);
}

/// Estimates the variance of the entries of the noise from the median singular value. The estimate
/// is right where less than half of the directions carry signal, whatever the size of the signal;
/// it is too large where more do. 0 where there are no values.
template <class Values>
double noise_variance(const Values& sigma, Index rows, Index cols) {
  const Index count = sigma.size();
  if (count == 0) return 0.0;
  const auto at = [&sigma](Index i) { return static_cast<double>(sigma(i)); };
  const double median = 0.5 * (at((count - 1) / 2) + at(count / 2));
  const detail::Aspect a = detail::aspect(rows, cols);
  return median * median / (a.n * marchenko_pastur_median(a.beta));
}

/// Computes where the singular values of noise alone end: sqrt(v) (sqrt m + sqrt n).
inline double noise_edge(double variance, Index rows, Index cols) {
  const detail::Aspect a = detail::aspect(rows, cols);
  return std::sqrt(variance) * (std::sqrt(a.m) + std::sqrt(a.n));
}

/// Computes the hard threshold that loses least in mean square, 4 / sqrt(3) sqrt(n v) for square
/// matrices, 15 % above the edge there and up to 41 % for thin ones (Gavish and Donoho 2014, eq.
/// 11).
inline double gavish_donoho_threshold(double variance, Index rows, Index cols) {
  const detail::Aspect a = detail::aspect(rows, cols);
  const double b = a.beta + 1.0;
  const double lambda =
      std::sqrt(2.0 * b + 8.0 * a.beta / (b + std::sqrt(a.beta * a.beta + 14.0 * a.beta + 1.0)));
  return lambda * std::sqrt(a.n * variance);
}

/// Computes that threshold with the variance from the median: 2.858 median(sigma) for square
/// matrices.
template <class Values>
double noise_threshold(const Values& sigma, Index rows, Index cols) {
  return gavish_donoho_threshold(noise_variance(sigma, rows, cols), rows, cols);
}

/// Counts the leading directions that stand out of the noise: the largest k, at most half of the
/// short side, for which sigma_k exceeds the hard threshold of the noise that the k leave, v =
/// (energy - sigma_1^2 - ... - sigma_k^2) / ((m - k) (n - k)). The values after those that stand
/// out are not needed, so this serves where the low-rank method has found no others.
/// \param sigma   singular values, those that are rounding's left out.
/// \param energy  ||X||_F^2, in the same units.
template <class Values>
Index count_above_noise(const Values& sigma, double energy, Index rows, Index cols) {
  const Index most = std::min<Index>(sigma.size(), (std::min)(rows, cols) / 2);
  Index above = 0;
  for (Index k = 1; k <= most; ++k) {
    const auto last = static_cast<double>(sigma(k - 1));
    energy = (std::max)(0.0, energy - last * last);
    const double variance =
        energy / (static_cast<double>(rows - k) * static_cast<double>(cols - k));
    if (last > gavish_donoho_threshold(variance, rows, cols)) above = k;
  }
  return above;
}

}  // namespace pion
