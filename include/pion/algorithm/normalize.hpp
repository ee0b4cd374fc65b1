// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::exp, std::log, std::sqrt
#include <limits>
#include <utility>  // std::swap

#include <pion/engine/view.hpp>
#include <pion/normalizer.hpp>

namespace pion::algorithm {

/// An upper bound of sigma_1 = sqrt(lambda_1(R)) from Schatten norms of even order:
/// lambda_1 <= ||R^k||_F^(1/k), with k = 1, 2, 4, ... by squaring (Gelfand).
///
/// The quotient ||R^2k||_F / ||R^k||_F <= lambda_1^k bounds it from below, and squaring stops when
/// the two are within 2 % in sigma, at k = 1024 at the latest (where the bound is within 0.1 % for
/// any matrix of fewer than 60 rows, 0.3 % for 10^5). Rounding of R, of relative size eps sqrt(n),
/// is added, so that the bound is not undercut: a filter can kill a direction that stands above 1.
/// Shapes: r, p and t are m x m; p and t are overwritten. Cost: m^3 / 2 multiply-adds a squaring.
template <class Kernels, class T>
double sigma_upper_bound(const Kernels& kernels, const engine::View<T>& r, engine::View<T> p,
                         engine::View<T> t, Index n) {
  constexpr double close_enough = 0.02;
  constexpr int most_squarings = 10;
  const double norm = kernels.frobenius_norm(r);
  kernels.copy(r, p);
  kernels.scale(1.0 / norm, p);
  double log_norm = std::log(norm);  // of ||R^k||_F
  double k = 1.0;
  for (int i = 0; i < most_squarings; ++i) {
    kernels.multiply_commuting(p, p, t);
    const double square = kernels.frobenius_norm(t);
    const double log_square = 2.0 * log_norm + std::log(square);
    const double gap = 0.5 * (log_square / (2.0 * k) - (log_square - log_norm) / k);
    log_norm = log_square;
    k *= 2.0;
    if (gap < close_enough) break;
    std::swap(p, t);
    kernels.scale(1.0 / square, p);
  }
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  const double rounding = 4.0 * epsilon * std::sqrt(static_cast<double>(n)) * norm;
  return std::sqrt(std::exp(log_norm / k) + rounding);
}

/// Scales x, m x n with ||x||_F = 1, to what `normalizer` measures against, and leaves r = x x^T.
///
/// p and t are m x m, overwritten. Schatten-4 and spectral divide by a number that the first Gram
/// matrix gives, so they cost no product of x more than the chain itself. AOL scales row i by
/// (sum_j |R_ij|)^(-1/2), which makes ||D x||_2 <= 1 (Prach and Lampert 2022); a zero row stays.
template <class Kernels, class T>
void normalize(const Kernels& kernels, Normalizer normalizer, const engine::View<T>& x,
               const engine::View<T>& r, const engine::View<T>& p, const engine::View<T>& t) {
  kernels.gram(x, r);
  if (normalizer == Normalizer::aol) {
    kernels.equilibrate(x, r, p);
  } else if (normalizer == Normalizer::schatten4 || normalizer == Normalizer::spectral) {
    const double sigma = normalizer == Normalizer::schatten4
                             ? std::sqrt(kernels.frobenius_norm(r))
                             : sigma_upper_bound(kernels, r, p, t, x.cols);
    kernels.scale(1.0 / sigma, x);
    kernels.scale(1.0 / (sigma * sigma), r);
  }
}

}  // namespace pion::algorithm
