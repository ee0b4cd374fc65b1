// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::pow, std::sqrt
#include <cstdint>    // std::int64_t
#include <string>

#include <pion/detail/svd.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/parts/basis.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>

namespace pion::optimizer {

/// Takes Adam's ratio in a basis of singular vectors of the momentum (Conda 2025): V for rows >=
/// cols, else U, taken every `every` steps, in the first too. For rows >= cols
///
///   M <- beta1 M + (1 - beta1) G;  V <- beta2 V + (1 - beta2) (G Q)^2
///   X = scale sqrt(1 - beta2^t) / (1 - beta1^t) [M Q / (sqrt(V) + epsilon)] Q^T
///
/// It stands in the place of a momentum form, before Identity. State: the two moments and the
/// basis, of the short side. V is not turned when the basis is. A step with a new basis takes an
/// SVD, which allocates; the others allocate nothing.
struct Conda {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  std::int64_t every = 2000;
  double scale = 1.0;

  static constexpr int buffers = 3;
  BufferShape buffer(int i, Index rows, Index cols) const {
    const Index side = (std::min)(rows, cols);
    if (i == 2) return {"basis", side, side};
    return {i == 0 ? "momentum" : "second_moment", rows, cols};
  }
  void require_valid() const {
    detail::require_fraction("Conda: beta1", beta1);
    detail::require_fraction("Conda: beta2", beta2);
    detail::require_nonnegative("Conda: epsilon", epsilon);
    detail::require_nonnegative("Conda: scale", scale);
    detail::require_period("Conda: every", every);
  }
  std::string signature() const {
    return detail::signature("Conda", {{"beta1", beta1},
                                       {"beta2", beta2},
                                       {"epsilon", epsilon},
                                       {"every", static_cast<double>(every)}});
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    using engine::Op;
    using Scratch = detail::ScratchMatrices<Engine, T, 2>;
    const bool tall = x.rows >= x.cols;
    const engine::View<T>& q = own[2].values;
    auto m = engine::as_eigen(own[0].values), v = engine::as_eigen(own[1].values);
    auto g = engine::as_eigen(x);
    m = static_cast<T>(beta1) * m + static_cast<T>(1.0 - beta1) * g;
    if ((at.t - 1) % every == 0) {
      const detail::ThinSvd<T> svd = detail::thin_svd<T>(m);
      if (tall) {
        engine::as_eigen(q) = svd.matrixV();
      } else {
        engine::as_eigen(q) = svd.matrixU();
      }
    }
    const auto scratch =
        detail::laid_out<Scratch>(at.scratch, (std::max)(x.rows, x.cols),
                                  typename Scratch::Shapes{{{x.rows, x.cols}, {x.rows, x.cols}}});
    const auto into_basis = [&](const engine::View<T>& from, const engine::View<T>& to) {
      if (tall) {
        scratch.products.multiply(from, q, to);
      } else {
        scratch.products.template multiply<Op::transposed, Op::plain>(q, from, to);
      }
    };
    into_basis(x, scratch.at[0]);
    into_basis(own[0].values, scratch.at[1]);
    auto turned = engine::as_eigen(scratch.at[0]), ratio = engine::as_eigen(scratch.at[1]);
    v = static_cast<T>(beta2) * v + static_cast<T>(1.0 - beta2) * turned.cwiseAbs2();
    const auto t = static_cast<double>(at.t);
    const auto unbias =
        static_cast<T>(scale * std::sqrt(1.0 - std::pow(beta2, t)) / (1.0 - std::pow(beta1, t)));
    const auto e = static_cast<T>(epsilon);
    ratio = ratio.binaryExpr(v, [unbias, e](T first, T second) {
      const T root = std::sqrt(second) + e;
      return root > T(0) ? unbias * first / root : T(0);
    });
    if (tall) {
      scratch.products.template multiply<Op::plain, Op::transposed>(scratch.at[1], q, x);
    } else {
      scratch.products.multiply(q, scratch.at[1], x);
    }
  }
};

}  // namespace pion::optimizer
