// SPDX-License-Identifier: Apache-2.0
#include "support/reference.hpp"

#include <Eigen/SVD>

namespace reference {

Svd svd(const Matrix& x) {
  if (x.size() == 0) return {Matrix(x.rows(), 0), Matrix(x.cols(), 0), Vector(0)};
#if EIGEN_VERSION_AT_LEAST(3, 4, 90)
  const Eigen::JacobiSVD<Matrix, Eigen::ComputeThinU | Eigen::ComputeThinV> s(x);
#else
  const Eigen::JacobiSVD<Matrix> s(x, Eigen::ComputeThinU | Eigen::ComputeThinV);
#endif
  return {s.matrixU(), s.matrixV(), s.singularValues()};
}

Real spectral_bound(const Vector& sigma) {
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

Matrix normalized(const Matrix& x, Normalizer normalizer) {
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

/// max |a + b r + c r^2| for r in [0, top].
Real largest_factor(const OddQuintic& p, Real top) {
  const auto h = [&p](Real r) { return std::fabs(p.a + r * (p.b + r * p.c)); };
  Real most = std::max(h(0), h(top));
  if (p.c != 0) {
    const Real r = Real(-0.5) * p.b / p.c;
    if (r > 0 && r < top) most = std::max(most, h(r));
  }
  return most;
}

Real steepest(const OddQuintic& p, Real top) {
  Real most = std::max(std::fabs(Real(p.a)), std::fabs(p.derivative(top)));
  // p'' = 6 b s + 20 c s^3 vanishes at s^2 = -3 b / (10 c).
  if (p.c != 0 && p.b / p.c < 0) {
    const Real s = std::sqrt(Real(-0.3) * p.b / p.c);
    if (s < top) most = std::max(most, std::fabs(p.derivative(s)));
  }
  return most;
}

Real rounding(const Chain& f, Vector sigma, Index rows, Index cols, const Arithmetic& e,
              Method method, const pion::algorithm::Restarts& restarts, bool normalized_by_gram) {
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

Expected expected_before_storing(const Filter& f, const Matrix& x, Method method,
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

Matrix random_matrix(Index rows, Index cols, std::mt19937_64& random, double decades) {
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

std::vector<std::pair<Index, Index>> shapes(std::mt19937_64& random, int more) {
  std::vector<std::pair<Index, Index>> all = {{0, 0}, {0, 3}, {4, 0}, {1, 1},  {1, 9},
                                              {9, 1}, {2, 2}, {7, 7}, {5, 31}, {31, 5}};
  std::uniform_int_distribution<Index> size(2, 24);
  for (int i = 0; i < more; ++i) all.emplace_back(size(random), size(random));
  return all;
}

std::vector<Chain> chain_zoo() {
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
