// SPDX-License-Identifier: Apache-2.0
#pragma once

// The independent reference of the laws: U f(S) V^T in long double from a Jacobi SVD, and how far a
// correct algorithm may be from it.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <Eigen/Core>

#include <pion/algorithm/restarts.hpp>
#include <pion/apply/method.hpp>
#include <pion/detail/traits.hpp>
#include <pion/filter/chains.hpp>
#include <pion/filter/filter.hpp>

namespace reference {

using pion::Chain;
using pion::Filter;
using pion::Index;
using pion::Method;
using pion::Normalizer;
using pion::OddQuintic;
using Real = long double;
using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
using Vector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;

/// The distance from 1 to the next number. (Eigen's epsilon() of half is 2^-13; half's is 2^-10.)
template <class T>
Real eps() {
  return std::ldexp(Real(1), 1 - std::numeric_limits<T>::digits);
}

/// Thin factors of x = U diag(sigma) V^T.
struct Svd {
  Matrix u, v;
  Vector sigma;
};

Svd svd(const Matrix& x);

/// The upper bound of sigma_1 that the spectral normaliser documents, from the singular values:
/// (sum sigma^2k)^(1/2k) with k doubled until it is within 2 % of (S_2k / S_k)^(1/k), where S_k is
/// the Frobenius norm of (X X^T)^k, or within 2 % of sigma_1 because m^(1/4k) is.
Real spectral_bound(const Vector& sigma);

/// What the chain sees of x: x over its normaliser.
Matrix normalized(const Matrix& x, Normalizer normalizer);

/// What apply() should give, and the Frobenius distance from it that rounding in T may make.
struct Expected {
  Matrix value;
  Real tolerance = 0;
};

/// max |p'| on [0, top].
Real steepest(const OddQuintic& p, Real top);

/// How products are rounded: each term and sum, then where the result is stored (0 where that is
/// what the sums are in), and the error of entries near 0.
struct Arithmetic {
  Real sum = 0;
  Real store = 0;
  Real least = 0;

  /// ||fl(AB) - AB||_F over ||A||_F ||B||_F for inner dimension k (Higham 2002, eq. 3.13).
  Real product(Real k) const { return k * sum + store; }
};

/// First-order bound of the rounding error of `method` on singular values sigma (already
/// normalised) of an m x n matrix, m <= n, in the arithmetic e.
///
/// With e(k) the relative error of a product of inner dimension k, one dense step R = X X^T,
/// H = a I + b R + c R^2, Y = H X with F = ||X||_F, rho = ||X||_2 errs by
///   dR <= e(n) F^2,  dH <= (|b| + 2 |c| rho^2) dR + e(m + 3) ||H||,  dY <= dH rho + e(m) ||H|| F,
/// with ||H|| = |a| sqrt(m) + |b| rho F + |c| rho^3 F. Errors of earlier steps grow by the step's
/// Lipschitz constant (an odd function of a matrix has that of the scalar, through the dilation
/// [[0, X], [X^T, 0]]). In Gram space an error of R_k grows by gram_growth() of the steps that are
/// left in its segment, and an error of Q by the factors that are left.
Real rounding(const Chain& f, Vector sigma, Index rows, Index cols, const Arithmetic& e,
              Method method, const pion::algorithm::Restarts& restarts, bool normalized_by_gram);

/// The reference for apply(f, x), computed in the arithmetic e; the result is yet to be stored.
Expected expected_before_storing(const Filter& f, const Matrix& x, Method method,
                                 const Arithmetic& e);

/// The reference for apply(f, x) computed in T and stored in S.
template <class T, class S = T>
Expected expected(const Filter& f, const Matrix& x, Method method) {
  Arithmetic arithmetic;
  arithmetic.sum = eps<T>();
  Expected expected = expected_before_storing(f, x, method, arithmetic);
  // Storing in S: relative to each entry, and below S's normal numbers absolute.
  expected.tolerance +=
      eps<S>() * expected.value.norm() + static_cast<Real>(std::numeric_limits<S>::denorm_min()) *
                                             std::sqrt(static_cast<Real>(expected.value.size()));
  return expected;
}

/// || y - expected || as the laws compare it.
template <class Y>
Real distance(const Eigen::MatrixBase<Y>& y, const Matrix& value) {
  return (y.template cast<Real>() - value).norm();
}

/// A random matrix with a spectrum that spans several orders, so that every part of a filter's
/// curve is met: Gaussian times columns scaled from 1 to 10^-decades.
Matrix random_matrix(Index rows, Index cols, std::mt19937_64& random, double decades = 2.0);

/// Shapes from empty to tall and wide, with the ends that go wrong first.
std::vector<std::pair<Index, Index>> shapes(std::mt19937_64& random, int more = 4);

/// The filters that the laws run over.
std::vector<Chain> chain_zoo();

}  // namespace reference
