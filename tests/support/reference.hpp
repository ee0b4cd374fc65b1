// SPDX-License-Identifier: Apache-2.0
#pragma once

// The independent reference of the laws: U f(S) V^T in long double from a Jacobi SVD, and how far a
// correct algorithm may be from it.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <pion/pion.hpp>

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

/// In reference.cpp: Eigen's SVD of long double takes ten seconds to compile.
Svd svd(const Matrix& x);

/// The upper bound of sigma_1 that the spectral normaliser documents, from the singular values:
/// (sum sigma^2k)^(1/2k) with k doubled until it is within 2 % of (S_2k / S_k)^(1/k), where S_k is
/// the Frobenius norm of (X X^T)^k, or within 2 % of sigma_1 because m^(1/4k) is.
inline Real spectral_bound(const Vector& sigma) {
  const Real top = sigma(0);
  const Vector lambda = (sigma / top).cwiseAbs2();
  const auto norm_of_power = [&lambda](Real k) {
    return std::sqrt(lambda.array().pow(2 * k).sum());
  };
  Real k = 1;
  for (; 0.08L * k < std::log(static_cast<Real>(lambda.size())); k *= 2) {
    const Real upper = std::pow(norm_of_power(2 * k), 1 / (2 * k));
    const Real lower = std::pow(norm_of_power(2 * k) / norm_of_power(k), 1 / k);
    if (std::log(upper / lower) / 2 < 0.02L) return top * std::sqrt(upper);
  }
  return top * std::sqrt(std::pow(norm_of_power(k), 1 / k));
}

/// What the chain sees of x: x over its normaliser.
inline Matrix normalized(const Matrix& x, Normalizer normalizer) {
  if (x.size() == 0 || x.isZero(0)) return x;
  if (normalizer == Normalizer::none) return x;
  if (normalizer == Normalizer::aol) {
    const bool tall = x.rows() > x.cols();
    Matrix side = tall ? Matrix(x.transpose()) : x;
    const Matrix gram = side * side.transpose();
    for (Index i = 0; i < side.rows(); ++i) {
      const Real sum = gram.row(i).lpNorm<1>();
      if (sum > 0) side.row(i) /= std::sqrt(sum);
    }
    return tall ? Matrix(side.transpose()) : side;
  }
  const Vector sigma = svd(x).sigma;
  switch (normalizer) {
    case Normalizer::frobenius: return x / sigma.norm();
    case Normalizer::schatten4: return x / std::pow(sigma.array().pow(4).sum(), Real(0.25));
    default: return x / spectral_bound(sigma);
  }
}

/// What apply() should give, and the Frobenius distance from it that rounding in T may make.
struct Expected {
  Matrix value;
  Real tolerance = 0;
};

/// max |p'| on [0, top].
inline Real steepest(const OddQuintic& p, Real top) {
  Real most = std::max(std::fabs(Real(p.a)), std::fabs(p.derivative(top)));
  // p'' = 6 b s + 20 c s^3 vanishes at s^2 = -3 b / (10 c).
  if (p.c != 0 && p.b / p.c < 0) {
    const Real s = std::sqrt(Real(-0.3) * p.b / p.c);
    if (s < top) most = std::max(most, std::fabs(p.derivative(s)));
  }
  return most;
}

/// max |a + b r + c r^2| for r in [0, top].
inline Real largest_factor(const OddQuintic& p, Real top) {
  const auto h = [&p](Real r) { return std::fabs(p.a + r * (p.b + r * p.c)); };
  Real most = std::max(h(0), h(top));
  if (p.c != 0) {
    const Real r = Real(-0.5) * p.b / p.c;
    if (r > 0 && r < top) most = std::max(most, h(r));
  }
  return most;
}

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
inline Real rounding(const Chain& f, Vector sigma, Index rows, Index cols, const Arithmetic& e,
                     Method method, const pion::algorithm::Restarts& restarts,
                     bool normalized_by_gram) {
  const Real m = static_cast<Real>(std::min(rows, cols));
  const Real n = static_cast<Real>(std::max(rows, cols));
  if (m == 0) return 0;
  // Normalising: a norm and a division, relative error (m n)^(1/2) e at most; through the Gram
  // matrix, n e F^2 relative to its own norm.
  const Real frobenius = sigma.norm();
  Real error = e.product(std::sqrt(m * n) + 3) * frobenius + std::sqrt(m * n) * e.least;
  if (normalized_by_gram) error += (e.product(n + 4) + e.least) * frobenius * m;
  const auto& steps = f.steps();
  for (int k = 0; k < f.size(); ++k) {
    const OddQuintic& p = steps[static_cast<std::size_t>(k)];
    const Real a = std::fabs(p.a), b = std::fabs(p.b), c = std::fabs(p.c);
    const Real F = sigma.norm();
    const Real rho = sigma.cwiseAbs().maxCoeff();
    const Real H = a * std::sqrt(m) + b * rho * F + c * rho * rho * rho * F;
    const Real dR = e.product(n) * F * F + m * e.least;
    const Real dH = (b + 2 * c * rho * rho) * dR + e.product(m + 3) * H + m * e.least;
    error = steepest(p, rho) * error + dH * rho + e.product(m) * H * F + std::sqrt(m * n) * e.least;
    if (method == Method::gram) {
      int end = k + 1;
      while (end < f.size() && !restarts.before(end)) ++end;
      // R_k comes of two products with H, each of relative error m e.
      const Real dRk =
          (e.product(n + 2 * m) + e.store) * F * F * std::max<Real>(1, H * H) + 3 * m * e.least;
      error += static_cast<Real>(pion::algorithm::gram_growth(f, k, end)) * dRk;
      Real rest = 1;
      Vector s = sigma;
      for (int l = k; l < end; ++l) {
        const OddQuintic& next = steps[static_cast<std::size_t>(l)];
        const Real top = s.cwiseAbs().maxCoeff();
        rest *= largest_factor(next, top * top);
        s = s.unaryExpr([&next](Real x) { return Real(next(x)); });
      }
      error += (e.product(m) + e.least) * std::sqrt(m) * rest * F;
    }
    sigma = sigma.unaryExpr([&p](Real x) { return Real(p(x)); });
  }
  if (method == Method::svd) {  // backward error of the SVD, and orthogonality of its factors
    error += (m + n) * 8 * e.sum * (frobenius + sigma.norm());
  }
  return error;
}

/// The reference for apply(f, x), computed in the arithmetic e; the result is yet to be stored.
inline Expected expected_before_storing(const Filter& f, const Matrix& x, Method method,
                                        const Arithmetic& e) {
  const Matrix seen = normalized(x, f.normalizer);
  const Svd s = svd(seen);
  const Vector gain = s.sigma.unaryExpr([&f](Real sigma) { return Real(f.chain(sigma)); });
  const bool by_gram = f.normalizer == Normalizer::schatten4 ||
                       f.normalizer == Normalizer::spectral || f.normalizer == Normalizer::aol;
  const auto restarts = method == Method::gram ? pion::algorithm::gram_restarts(f.chain)
                                               : pion::algorithm::Restarts{};
  return {s.u * gain.asDiagonal() * s.v.transpose(),
          rounding(f.chain, s.sigma, x.rows(), x.cols(), e, method, restarts, by_gram)};
}

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
inline Matrix random_matrix(Index rows, Index cols, std::mt19937_64& random, double decades = 2.0) {
  std::normal_distribution<double> gauss;
  Matrix x(rows, cols);
  for (Index j = 0; j < cols; ++j) {
    const double scale =
        cols < 2
            ? 1.0
            : std::pow(10.0, -decades * static_cast<double>(j) / static_cast<double>(cols - 1));
    for (Index i = 0; i < rows; ++i) x(i, j) = scale * gauss(random);
  }
  return x;
}

/// Shapes from empty to tall and wide, with the ends that go wrong first.
inline std::vector<std::pair<Index, Index>> shapes(std::mt19937_64& random, int more = 4) {
  std::vector<std::pair<Index, Index>> all = {{0, 0}, {0, 3}, {4, 0}, {1, 1},  {1, 9},
                                              {9, 1}, {2, 2}, {7, 7}, {5, 31}, {31, 5}};
  std::uniform_int_distribution<Index> size(2, 24);
  for (int i = 0; i < more; ++i) all.emplace_back(size(random), size(random));
  return all;
}

/// The filters that the laws run over.
inline std::vector<Chain> chain_zoo() {
  using namespace pion::chains;
  return {Chain{},      muon(),
          muon(1),      high_pass(0),
          high_pass(1), high_pass(2),
          high_pass(3), high_pass(4),
          high_pass(5), Chain{{1.5, -0.5, 0.0}, {0.3, 0.2, 0.5}},
          cubic5(),     aol(),
          deepseek_v4()};
}

}  // namespace reference
