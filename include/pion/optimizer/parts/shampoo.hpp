// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::pow
#include <limits>
#include <string>

#include <pion/engine/view.hpp>
#include <pion/optimizer/parts/basis.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>

namespace pion::optimizer {

/// Gives L^-1/4 G R^-1/4 (Shampoo, Gupta, Koren and Singer 2018), where L is `first` I and the sum
/// of all G G^T, R likewise of G^T G; with beta < 1 their exponential means, corrected for the zero
/// start. Of the last gradient alone (beta = 0, first = 0) this is U V^T.
///
/// A rule: momentum stands before it, or behind it in a Sequence, as in Meta's code. The exponent
/// -1/2 that some sources print for each side is another method. State: L, R and their roots, which
/// are renewed every `every` steps; that takes two eigendecompositions and allocates. Eigenvalues
/// that are rounding count as 0, and so do their roots.
struct Shampoo {
  double beta = 1.0;  ///< 1: sums.
  double first = 1e-4;
  double exponent = -0.25;
  std::int64_t every = 1;

  static constexpr int buffers = 4;
  BufferShape buffer(int i, Index rows, Index cols) const {
    static constexpr const char* names[] = {"left_gram", "right_gram", "left_root", "right_root"};
    const Index side = i % 2 == 0 ? rows : cols;
    return {names[i], side, side};
  }
  template <class Matrix>
  void start(int i, Matrix& zeros) const {
    if (i < 2) zeros.diagonal().setConstant(static_cast<typename Matrix::Scalar>(first));
  }
  void require_valid() const {
    detail::require_share("Shampoo: beta", beta);
    detail::require_nonnegative("Shampoo: first", first);
    detail::require_nonnegative("Shampoo: -exponent", -exponent);
    detail::require_period("Shampoo: every", every);
  }
  std::string signature() const {
    return detail::signature(
        "Shampoo", {{"beta", beta}, {"exponent", exponent}, {"every", static_cast<double>(every)}});
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    using engine::Op;
    using Scratch = detail::ScratchMatrices<Engine, T, 3>;
    const auto scratch = detail::laid_out<Scratch>(
        at.scratch, (std::max)(x.rows, x.cols),
        typename Scratch::Shapes{{{x.rows, x.rows}, {x.cols, x.cols}, {x.rows, x.cols}}});
    scratch.products.template multiply<Op::plain, Op::transposed>(x, x, scratch.at[0]);
    scratch.products.template multiply<Op::transposed, Op::plain>(x, x, scratch.at[1]);
    const T keep = static_cast<T>(beta), add = static_cast<T>(beta < 1.0 ? 1.0 - beta : 1.0);
    const double unbias =
        beta < 1.0 ? 1.0 / (1.0 - std::pow(beta, static_cast<double>(at.t))) : 1.0;
    for (std::size_t side = 0; side < 2; ++side) {
      auto gram = engine::as_eigen(own[side].values);
      gram = keep * gram + add * engine::as_eigen(scratch.at[side]);
      if ((at.t - 1) % every != 0) continue;
      const double rounding = static_cast<double>(std::numeric_limits<T>::epsilon()) *
                              static_cast<double>(gram.rows()) *
                              static_cast<double>(gram.diagonal().cwiseAbs().maxCoeff());
      detail::symmetric_power(own[side].values, exponent, rounding, own[side + 2].values);
      engine::as_eigen(own[side + 2].values) *= static_cast<T>(std::pow(unbias, exponent));
    }
    scratch.products.multiply(own[2].values, x, scratch.at[2]);
    scratch.products.multiply(scratch.at[2], own[3].values, x);
  }
};

}  // namespace pion::optimizer
