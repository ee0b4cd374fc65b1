// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <utility>  // std::swap

#include <pion/algorithm/restarts.hpp>
#include <pion/filter/chain.hpp>

/// The Gram-space iteration: the chain runs on the small matrix R = X X^T and meets X only at the
/// end, which pays for matrices that are far from square (Zhang et al. 2026).
///
/// With f(s) = s q(s^2): q_0 = 1, and each step has h = a + b r + c r^2, q <- q h, r <- h r h.
namespace pion::algorithm {

/// x <- f(x), with products of m x m symmetric matrices that commute, at half cost each.
///
/// Shapes, m <= n: x and y are m x n; r, h, q, t are m x m. On entry r holds x x^T; on return x
/// holds the result. Views may have traded memory. For T steps in s segments the cost is
/// (4 T - 3 s) m^3 / 2 + (3 s - 1) m^2 n / 2 multiply-adds.
template <class Kernels, class X, class View>
void gram(const Kernels& kernels, const Chain& f, const Restarts& restarts, X& x, X& y, View& r,
          View& h, View& q, View& t) {
  const int steps = f.size();
  bool first_of_segment = true;
  for (int k = 0; k < steps; ++k) {
    const bool last_of_segment = k + 1 == steps || restarts.before(k + 1);
    kernels.quadratic(f.steps()[static_cast<std::size_t>(k)], r, h);
    if (!last_of_segment) {
      kernels.multiply_commuting(r, h, t);
      kernels.multiply_commuting(h, t, r);
    }
    if (first_of_segment) {
      std::swap(q, h);
    } else {
      kernels.multiply_commuting(q, h, t);
      std::swap(q, t);
    }
    first_of_segment = last_of_segment;
    if (last_of_segment) {
      kernels.multiply(q, x, y);
      std::swap(x, y);
      if (k + 1 < steps) kernels.gram(x, r);
    }
  }
}

}  // namespace pion::algorithm
