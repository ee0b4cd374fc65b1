// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::fabs
#include <limits>

#include <pion/algorithm/certificate.hpp>
#include <pion/algorithm/ritz.hpp>

namespace pion::algorithm {

/// What double's rounding does in the products with x and the few operations after them, relative
/// to their factors.
template <class Source>
double double_rounding(const Source& x) {
  constexpr Index after = 16;
  return static_cast<double>(x.rows + x.cols + after) * std::numeric_limits<double>::epsilon();
}

/// Measures the first `kept` of the triplets that a Rayleigh-Ritz step found, and the others beside
/// them, as a certificate needs it. `unseen` is left to the caller.
template <class Kernels, class T, class Criterion>
Residuals measured_residuals(const Kernels& kernels, const Ritz<Kernels, T>& ritz,
                             const Criterion& criterion, Index kept) {
  const Index found = ritz.found();
  const auto first = ritz.sigma().head(kept), rest = ritz.sigma().tail(found - kept);
  const double unit_roundoff = 0.5 * static_cast<double>(std::numeric_limits<T>::epsilon());
  const double rounding = double_rounding(ritz.x());
  Residuals r;
  r.left = ritz.residual(kernels, 0, kept) + unit_roundoff * first.norm();  // for U is rounded
  r.next_left = ritz.residual(kernels, kept, found) + unit_roundoff * rest.norm();
  const double basis = ritz.left_error() + rounding;
  r.basis = basis + ritz.right_error(kept);
  r.all_basis = basis + ritz.right_error(found);
  r.energy_rounding = rounding;
  r.limit = criterion.limit(ritz.sigma(), found == (std::min)(ritz.x().rows, ritz.x().cols));
  r.kept_norm = first.norm();
  r.smallest = kept > 0 ? first(kept - 1) : 0.0;
  r.next = kept < found ? rest(0) : 0.0;
  double gains = 0.0;
  for (Index i = 0; i < kept; ++i) gains += std::fabs(criterion.gain(first(i)));
  r.rounding = static_cast<double>(kept + 5) * unit_roundoff * gains;
  return r;
}

}  // namespace pion::algorithm
