// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::pow, std::sqrt
#include <cstdint>    // std::uint64_t
#include <string>

#include <pion/engine/default.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/parts/basis.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>

namespace pion {
namespace detail {

/// b <- (a + ridge I)^-1 b for a positive definite a, by Cholesky's method. a is overwritten.
template <class T>
void solve_positive(const engine::View<T>& a, T ridge, const engine::View<T>& b) {
  auto l = engine::as_eigen(a);
  auto x = engine::as_eigen(b);
  const Index n = a.rows;
  l.diagonal().array() += ridge;
  for (Index j = 0; j < n; ++j) {
    for (Index k = 0; k < j; ++k) l.col(j).tail(n - j) -= l(j, k) * l.col(k).tail(n - j);
    l.col(j).tail(n - j) /= std::sqrt(l(j, j));
  }
  for (Index j = 0; j < n; ++j) {
    x.row(j) /= l(j, j);
    for (Index i = j + 1; i < n; ++i) x.row(i) -= l(i, j) * x.row(j);
  }
  for (Index j = n - 1; j >= 0; --j) {
    x.row(j) /= l(j, j);
    for (Index i = 0; i < j; ++i) x.row(i) -= l(j, i) * x.row(j);
  }
}

}  // namespace detail

namespace optimizer {

/// Keeps Adam's moments as products of thin factors (LoRA-Pre, Wang et al. 2026). With X = G for
/// the first moment and |G| for the second, and g1 = 1 - sqrt(beta1), g2 = 1 - beta2^(1/4):
///
///   M = beta1 B A + (1 - beta1) G;  V = beta2 (B' A')^2 + (1 - beta2) G^2
///   B <- (1 - g) B + g X A^T (A A^T + ridge I)^-1;  A <- (1 - g) A + g (B^T B + ridge I)^-1 B^T X
///   the result is M / (1 - beta1^t) / (sqrt(V / (1 - beta2^t)) + epsilon)
///
/// Both factors come from the old ones, and the moments too: sources dispute that, and in the other
/// reading the first step is not Adam's and counts G twice. The factors B begin at 0, A with
/// Gaussian numbers of the deviation .02. V's memory builds slowly: long before 1 / (1 - beta2)
/// steps, an entry whose gradient is small now takes a huge step. Warm the rate up, or take beta2
/// of .95 to .99. It stands in the place of a momentum form, before Identity, or with `second`
/// false before a rule that orthogonalises. Matrices of a side up to the rank belong to AdamW.
/// State: four thin factors. A step allocates nothing.
struct LoraPre {
  Index rank = 128;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double ridge = 1e-6;
  bool second = true;      ///< Without it the result is M.
  std::uint64_t seed = 0;  ///< Of the first factors A.

  static constexpr int buffers = 4;
  BufferShape buffer(int i, Index rows, Index cols) const {
    static constexpr const char* names[] = {"momentum_left", "momentum_right", "moment_left",
                                            "moment_right"};
    const bool used = i < 2 || second;
    const Index r = used ? rank : 0;
    return i % 2 == 0 ? BufferShape{names[i], used ? rows : 0, r}
                      : BufferShape{names[i], r, used ? cols : 0};
  }
  template <class Matrix>
  void start(int i, Matrix& zeros) const {
    using T = typename Matrix::Scalar;
    if (i % 2 == 0 || zeros.size() == 0) return;
    DefaultEngine::TallSkinnyKernels<T>::fill_gaussian(
        seed + static_cast<std::uint64_t>(i),
        engine::View<T>(zeros.data(), zeros.rows(), zeros.cols()));
    zeros *= T(0.02);
  }
  void require_valid() const {
    detail::require_period("LoraPre: rank", rank);
    detail::require_fraction("LoraPre: beta1", beta1);
    detail::require_fraction("LoraPre: beta2", beta2);
    detail::require_nonnegative("LoraPre: epsilon", epsilon);
    detail::require_nonnegative("LoraPre: ridge", ridge);
  }
  std::string signature() const {
    return detail::signature("LoraPre", {{"rank", static_cast<double>(rank)},
                                         {"beta1", beta1},
                                         {"beta2", beta2},
                                         {"second", second ? 1.0 : 0.0}});
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    using Scratch = detail::ScratchMatrices<Engine, T, 6>;
    const auto scratch = detail::laid_out<Scratch>(at.scratch, (std::max)({x.rows, x.cols, rank}),
                                                   typename Scratch::Shapes{{{x.rows, x.cols},
                                                                             {x.rows, x.cols},
                                                                             {rank, rank},
                                                                             {rank, rank},
                                                                             {rank, x.rows},
                                                                             {rank, x.cols}}});
    const auto& [first, moment, projected, other, left, right] = scratch.at;
    auto g = engine::as_eigen(x), m = engine::as_eigen(first), v = engine::as_eigen(moment);
    scratch.products.multiply(own[0].values, own[1].values, first);
    m = static_cast<T>(beta1) * m + static_cast<T>(1.0 - beta1) * g;
    follow(scratch, x, 1.0 - std::sqrt(beta1), own[0].values, own[1].values);
    if (!second) {
      g = m;
      return;
    }
    scratch.products.multiply(own[2].values, own[3].values, moment);
    v = static_cast<T>(beta2) * v.cwiseAbs2() + static_cast<T>(1.0 - beta2) * g.cwiseAbs2();
    g = g.cwiseAbs();
    follow(scratch, x, 1.0 - std::pow(beta2, 0.25), own[2].values, own[3].values);
    const auto t = static_cast<double>(at.t);
    const auto unbias1 = static_cast<T>(1.0 / (1.0 - std::pow(beta1, t)));
    const auto unbias2 = static_cast<T>(1.0 / (1.0 - std::pow(beta2, t)));
    const auto e = static_cast<T>(epsilon);
    g = m.binaryExpr(v, [=](T one, T two) {
      const T root = std::sqrt(unbias2 * two) + e;
      return root > T(0) ? unbias1 * one / root : T(0);
    });
  }

 private:
  /// Moves the factors towards those of x.
  template <class Scratch, class T>
  void follow(const Scratch& scratch, const engine::View<T>& x, double gain,
              const engine::View<T>& b, const engine::View<T>& a) const {
    using engine::Op;
    const engine::View<T>& of_a = scratch.at[2];
    const engine::View<T>& of_b = scratch.at[3];
    const engine::View<T>& left = scratch.at[4];   // A X^T, of rank x rows
    const engine::View<T>& right = scratch.at[5];  // B^T X, of rank x cols
    const auto d = static_cast<T>(ridge), step = static_cast<T>(gain);
    scratch.products.template multiply<Op::plain, Op::transposed>(a, a, of_a);
    scratch.products.template multiply<Op::transposed, Op::plain>(b, b, of_b);
    scratch.products.template multiply<Op::plain, Op::transposed>(a, x, left);
    scratch.products.template multiply<Op::transposed, Op::plain>(b, x, right);
    detail::solve_positive(of_a, d, left);
    detail::solve_positive(of_b, d, right);
    engine::as_eigen(b) =
        (T(1) - step) * engine::as_eigen(b) + step * engine::as_eigen(left).transpose();
    engine::as_eigen(a) = (T(1) - step) * engine::as_eigen(a) + step * engine::as_eigen(right);
  }
};

}  // namespace optimizer
}  // namespace pion
