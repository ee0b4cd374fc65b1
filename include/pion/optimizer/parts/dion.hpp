// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::ceil
#include <cstdint>    // std::uint64_t
#include <string>

#include <pion/engine/default.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/parts/basis.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>

namespace pion::optimizer {

/// Orthogonalises the momentum in a subspace that follows it, one step of the power iteration in a
/// step (Dion, Ahn et al. 2025). For m >= n, else with B transposed:
///
///   B = M + G;  P = orthonormal(B Q);  R = B^T P;  M <- B - (1 - momentum) P R^T
///   Q <- the columns of R over their norms;  O = P Q^T
///
/// The momentum decays in the captured subspace alone, so what is not captured is not forgotten.
/// The rule has its own momentum: the recipe's is NoMomentum. O is not orthogonal where the columns
/// of R are not. With rank = min(m, n), M <- momentum (M + G). State: M, and Q, which begins as
/// Gaussian numbers of the seed. A step allocates nothing.
struct Dion {
  double momentum = 0.95;
  double fraction = 1.0;  ///< rank = ceil(fraction min(rows, cols)).
  double epsilon = 1e-8;  ///< Added to the columns' norms.
  std::uint64_t seed = 0;

  static constexpr int buffers = 2;
  Index rank(Index rows, Index cols) const {
    const auto least = static_cast<double>((std::min)(rows, cols));
    return static_cast<Index>(std::ceil(fraction * least));
  }
  BufferShape buffer(int i, Index rows, Index cols) const {
    if (i == 0) return {"momentum", rows, cols};
    return {"subspace", (std::min)(rows, cols), rank(rows, cols)};
  }
  template <class Matrix>
  void start(int i, Matrix& zeros) const {
    using T = typename Matrix::Scalar;
    if (i == 1 && zeros.size() > 0) {
      DefaultEngine::TallSkinnyKernels<T>::fill_gaussian(
          seed, engine::View<T>(zeros.data(), zeros.rows(), zeros.cols()));
    }
  }
  void require_valid() const {
    detail::require_fraction("Dion: momentum", momentum);
    detail::require_share("Dion: fraction", fraction);
    detail::require_nonnegative("Dion: epsilon", epsilon);
  }
  std::string signature() const {
    return detail::signature("Dion", {{"momentum", momentum}, {"fraction", fraction}});
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& context) const {
    if (x.rows >= x.cols) {
      capture<Engine, engine::Op::plain, engine::Op::transposed>(x, own, context);
    } else {
      capture<Engine, engine::Op::transposed, engine::Op::plain>(x, own, context);
    }
  }

 private:
  /// \tparam op  what makes B of the matrix that is stored; `turned` makes its transpose.
  template <class Engine, engine::Op op, engine::Op turned, class T>
  void capture(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& context) const {
    constexpr bool is_tall = op == engine::Op::plain;
    const engine::View<T>& m = own[0].values;
    const engine::View<T>& q = own[1].values;
    const Index most = (std::max)(x.rows, x.cols), r = q.cols;
    const auto scratch = detail::laid_out<detail::ScratchMatrices<Engine, T, 2>>(
        context.scratch, most,
        typename detail::ScratchMatrices<Engine, T, 2>::Shapes{{{most, r}, {q.rows, r}}});
    const auto& [p, right] = scratch.at;
    const auto outer = [&](const engine::View<T>& left, const engine::View<T>& other) {
      const engine::View<T>& a = is_tall ? left : other;
      const engine::View<T>& b = is_tall ? other : left;
      scratch.products.template multiply<engine::Op::plain, engine::Op::transposed>(a, b, x);
    };
    auto momentum_matrix = engine::as_eigen(m);
    momentum_matrix += engine::as_eigen(x);
    scratch.products.template multiply<op, engine::Op::plain>(m, q, p);
    detail::orthonormalize_columns(p);
    scratch.products.template multiply<turned, engine::Op::plain>(m, p, right);
    outer(p, right);
    momentum_matrix -= static_cast<T>(1.0 - momentum) * engine::as_eigen(x);
    if (engine::as_eigen(p).isZero(0)) {  // nothing to capture: the subspace stays
      engine::as_eigen(x).setZero();
      return;
    }
    for (Index j = 0; j < r; ++j) {
      const auto from = engine::as_eigen(right).col(j);
      engine::as_eigen(q).col(j) = from / (from.norm() + static_cast<T>(epsilon));
    }
    outer(p, q);
  }
};

}  // namespace pion::optimizer
