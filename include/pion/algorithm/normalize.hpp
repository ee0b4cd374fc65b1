// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>  // std::swap

#include <pion/algorithm/power_bound.hpp>
#include <pion/detail/traits.hpp>
#include <pion/filter/normalizer.hpp>

namespace pion::algorithm {

/// An upper bound of sigma_1 = sqrt(lambda_1(R)), at most 2 % above it: the norms of R^k by
/// squaring (power_bound.hpp), which stops when an upper and a lower bound are that close, and at
/// the k where any m x m matrix's are. Rounding of R is added, so that the bound is not undercut: a
/// filter can kill a direction that stands above 1.
///
/// Shapes: r, p and t are m x m; p and t are overwritten. Cost: m^3 / 2 multiply-adds a squaring.
/// An engine whose numbers the host cannot see makes all the squarings, to the same result.
template <class Kernels, class View>
auto sigma_upper_bound(const Kernels& kernels, const View& r, View p, View t, Index n) {
  const auto norm = kernels.frobenius_norm(r);
  kernels.copy(r, p);
  kernels.scale(kernels.compute(Inverse{}, norm), p);
  auto bound = kernels.compute(PowerBound::Start{}, norm);
  for (int i = PowerBound::most_squarings(static_cast<double>(r.rows)); i > 0; --i) {
    kernels.multiply_commuting(p, p, t);
    const auto square = kernels.frobenius_norm(t);
    bound = kernels.compute(PowerBound::Squared{}, bound, square);
    const PowerBound* seen = kernels.peek(bound);
    if (seen != nullptr && seen->close) break;
    std::swap(p, t);
    kernels.scale(kernels.compute(Inverse{}, square), p);
  }
  return kernels.compute(PowerBound::Sigma{kernels.product_rounding(n)}, bound, norm);
}

/// Scales x, m x n with ||x||_F = 1, to what `normalizer` measures against, and leaves r = x x^T.
///
/// p and t are m x m, overwritten. Schatten-4 and spectral divide by a number that the first Gram
/// matrix gives, so they cost no product of x more than the chain itself. AOL scales row i by
/// (sum_j |R_ij|)^(-1/2), which makes ||D x||_2 <= 1 (Prach and Lampert 2022); a zero row stays.
template <class Kernels, class X, class View>
void normalize(const Kernels& kernels, Normalizer normalizer, const X& x, const View& r,
               const View& p, const View& t) {
  kernels.gram(x, r);
  if (normalizer == Normalizer::aol) {
    kernels.equilibrate(x, r, p);
  } else if (normalizer == Normalizer::schatten4 || normalizer == Normalizer::spectral) {
    const auto sigma = normalizer == Normalizer::schatten4
                           ? kernels.compute(SquareRoot{}, kernels.frobenius_norm(r))
                           : sigma_upper_bound(kernels, r, p, t, x.cols);
    kernels.scale(kernels.compute(Inverse{}, sigma), x);
    kernels.scale(kernels.compute(InverseSquare{}, sigma), r);
  }
}

}  // namespace pion::algorithm
