// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>    // std::pow, std::sqrt
#include <cstddef>  // std::size_t
#include <limits>
#include <utility>  // std::pair

#include <Eigen/Core>

#include <pion/detail/qr.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

/// What optimisers that keep a basis are made of: products in a workspace, and decompositions.
namespace pion::detail {

/// Lays out matrices that a part works in, and an engine's products of matrices up to their size.
template <class Engine, class T, std::size_t count>
struct ScratchMatrices {
  using Shapes = std::array<std::pair<Index, Index>, count>;

  ScratchMatrices(Arena& arena, Index side, const Shapes& shapes) : products(arena, side, side) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto [rows, cols] = shapes[i];
      at[i] = engine::View<T>(arena.take<T>(rows * cols), rows, cols);
    }
  }

  typename Engine::template Kernels<T> products;
  std::array<engine::View<T>, count> at;
};

/// Makes the columns of p orthonormal, by Gram and Schmidt's method twice. A column that depends on
/// those before it becomes 0: no direction is made up.
template <class T>
void orthonormalize_columns(const engine::View<T>& p) {
  auto all = engine::as_eigen(p);
  for (Index j = 0; j < p.cols; ++j) {
    auto column = all.col(j);
    const T before = column.norm();
    for (int twice = 0; twice < 2; ++twice) {
      for (Index i = 0; i < j; ++i) column -= all.col(i).dot(column) * all.col(i);
    }
    const T after = column.norm();
    const T rounding = T(64) * std::numeric_limits<T>::epsilon() * before;
    if (after > rounding) {
      column /= after;
    } else {
      column.setZero();
    }
  }
}

/// The eigenvalues of a symmetric matrix, ascending, and its eigenvectors. In double, by Eigen's
/// solver, which allocates. (A template, so that it is compiled by whoever steps with it, not by
/// whoever includes.)
template <class Double>
struct Eigenvectors {
  template <class T>
  explicit Eigenvectors(const engine::View<T>& g) : values(g.rows), vectors(g.rows, g.rows) {
    const OwnedMatrix<Double> in_double = engine::as_eigen(g).template cast<Double>();
    symmetric_vectors(g.rows, in_double.data(), values.data(), vectors.data());
  }

  OwnedVector<Double> values;
  OwnedMatrix<Double> vectors;
};

/// vectors <- the eigenvectors of the symmetric matrix g, the largest eigenvalue first.
template <class T>
void eigenvectors(const engine::View<T>& g, const engine::View<T>& vectors) {
  const Eigenvectors<double> of_g(g);
  engine::as_eigen(vectors) = of_g.vectors.rowwise().reverse().template cast<T>();
}

/// root <- g^power for symmetric g; an eigenvalue that does not exceed `least` counts as 0.
template <class T>
void symmetric_power(const engine::View<T>& g, double power, double least,
                     const engine::View<T>& root) {
  const Eigenvectors<double> of_g(g);
  const OwnedVector<double> powers = of_g.values.unaryExpr(
      [&](double value) { return value > least ? std::pow(value, power) : 0.0; });
  const OwnedMatrix<double> scaled = of_g.vectors * powers.asDiagonal();
  const Index n = g.rows;
  const engine::View<const double> left(scaled.data(), n, n), right(of_g.vectors.data(), n, n);
  OwnedMatrix<double> product(n, n);
  Workspace memory;
  engine::gemm<engine::Op::plain, engine::Op::transposed>(
      1.0, left, right, engine::View<double>(product.data(), n, n),
      laid_out<engine::GemmBuffers<double>>(memory, n, n, n), engine::Write::overwrite);
  engine::as_eigen(root) = product.template cast<T>();
}

/// q <- the orthogonal factor of the square matrix a = q r, complete where a lacks rank. In double,
/// by Householder's reflections of Eigen's, which allocate.
template <class T>
void orthogonal_factor(const engine::View<T>& a, const engine::View<T>& q) {
  const OwnedMatrix<double> in_double = engine::as_eigen(a).template cast<double>();
  OwnedMatrix<double> factor(a.rows, a.rows);
  orthogonal_factor(a.rows, in_double.data(), factor.data());
  engine::as_eigen(q) = factor.template cast<T>();
}

}  // namespace pion::detail
