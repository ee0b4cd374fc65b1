// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>    // std::pow, std::sqrt
#include <cstddef>  // std::size_t
#include <limits>
#include <utility>  // std::pair

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

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

/// vectors <- the eigenvectors of the symmetric matrix g, the largest eigenvalue first; values, if
/// not null, <- the eigenvalues. In double, by Eigen's solver, which allocates. (A template, so
/// that it is compiled by whoever steps with it, not by whoever includes.)
template <class T>
void eigenvectors(const engine::View<T>& g, const engine::View<T>& vectors,
                  Eigen::VectorXd* values = nullptr) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
      Eigen::MatrixXd(engine::as_eigen(g).template cast<double>()));
  engine::as_eigen(vectors) = solver.eigenvectors().rowwise().reverse().template cast<T>();
  if (values != nullptr) *values = solver.eigenvalues().reverse();
}

/// root <- g^power for symmetric g, whose eigenvalues count as at least `least`. As eigenvectors().
template <class T>
void symmetric_power(const engine::View<T>& g, double power, double least,
                     const engine::View<T>& root) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
      Eigen::MatrixXd(engine::as_eigen(g).template cast<double>()));
  const Eigen::VectorXd powers = solver.eigenvalues().unaryExpr(
      [&](double value) { return value > least ? std::pow(value, power) : 0.0; });
  engine::as_eigen(root) =
      (solver.eigenvectors() * powers.asDiagonal() * solver.eigenvectors().transpose())
          .template cast<T>();
}

/// q <- the orthogonal factor of the square matrix a = q r, complete where a lacks rank. In double,
/// by Householder's reflections of Eigen's, which allocate.
template <class T>
void orthogonal_factor(const engine::View<T>& a, const engine::View<T>& q) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(
      Eigen::MatrixXd(engine::as_eigen(a).template cast<double>()));
  engine::as_eigen(q) = Eigen::MatrixXd(qr.householderQ()).template cast<T>();
}

}  // namespace pion::detail
