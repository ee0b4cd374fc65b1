// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>  // std::swap

#include <pion/filter/chain.hpp>

namespace pion::algorithm {

/// x <- f(x) step by step on the short side: R = X X^T, H = a I + b R + c R^2, X <- H X.
///
/// Shapes, m <= n: x and y are m x n, r and h are m x m. On entry r holds x x^T; on return x holds
/// the result, and the views x and y may have traded memory.
/// X is the type of the views of m x n matrices, which may be cut over ranks; View of m x m ones.
/// Cost: m^2 n / 2 + m^3 / 2 + m^2 n multiply-adds a step, the first Gram matrix being the
/// caller's. Fan et al. 2026, eq. (3), (6); Jordan 2024.
template <class Kernels, class X, class View>
void dense(const Kernels& kernels, const Chain& f, X& x, X& y, const View& r, const View& h) {
  bool first = true;
  for (const OddQuintic& p : f.steps()) {
    if (!first) kernels.gram(x, r);
    first = false;
    kernels.quadratic(p, r, h);
    kernels.multiply(h, x, y);
    std::swap(x, y);
  }
}

}  // namespace pion::algorithm
