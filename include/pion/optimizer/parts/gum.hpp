// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstdint>    // std::int64_t, std::uint64_t
#include <limits>
#include <string>

#include <pion/detail/random.hpp>
#include <pion/detail/svd.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/parts/basis.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/run_part.hpp>

namespace pion::optimizer {

/// Orthogonalises a momentum of low rank, and now and then what it leaves out (GUM, Pan et al.
/// 2025). A period has `every` steps. At its start P becomes the `rank` leading left singular
/// vectors of the gradient, the momentum 0, and chance makes the period full with
/// `full_probability` q:
///
///   low:  R <- beta R + P^T G / (1 - q), O = P rule(R);   full: R <- beta R + (G - P P^T G) / q,
///   O = rule(R)
///
/// The weights 1 / (1 - q) and 1 / q cancel within a rule that ignores the size of its input. R of
/// a full period lacks `rank` directions. P is taken on the left whatever the shape. The draws
/// depend on the seed and the period alone. The rule has its own momentum: the recipe's is
/// NoMomentum. State: R, of the parameter's shape (a low period uses its first rows), and P. The
/// first step of a period takes an SVD and allocates. That R begins anew with a period is our
/// reading of the paper.
template <class Rule>
struct LowRankOrFull {
  Rule rule;
  Index rank = 128;
  double full_probability = 0.0;
  std::int64_t every = 200;
  double beta = 0.95;
  std::uint64_t seed = 0;

  static_assert(detail::buffer_count<Rule> == 0,
                "pion: LowRankOrFull needs a rule that remembers nothing");
  static constexpr int buffers = 3;
  BufferShape buffer(int i, Index rows, Index cols) const {
    const Index r = (std::min)(rank, (std::min)(rows, cols));
    if (i == 0) return {"momentum", rows, cols};
    if (i == 1) return {"projection", rows, r};
    return {"projected", r, cols, Storage::scratch};
  }
  void require_valid() const {
    detail::require_valid_part(rule);
    detail::require_share("LowRankOrFull: full_probability", full_probability);
    detail::require_fraction("LowRankOrFull: beta", beta);
    detail::require_period("LowRankOrFull: every", every);
    detail::require_period("LowRankOrFull: rank", rank);
  }
  std::string signature() const {
    return detail::part_signature(rule) +
           detail::signature(" in low rank or full ", {{"rank", static_cast<double>(rank)},
                                                       {"full_probability", full_probability},
                                                       {"every", static_cast<double>(every)},
                                                       {"beta", beta},
                                                       {"seed", static_cast<double>(seed)}});
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    using engine::Op;
    const engine::View<T>& p = own[1].values;
    const engine::View<T>& projected = own[2].values;
    auto g = engine::as_eigen(x), momentum = engine::as_eigen(own[0].values);
    const std::int64_t period = (at.t - 1) / every;
    if ((at.t - 1) % every == 0) {
      engine::as_eigen(p) = detail::thin_svd<T>(g).matrixU().leftCols(p.cols);
      momentum.setZero();
    }
    const double draw =
        static_cast<double>(detail::random_bits(seed, static_cast<std::uint64_t>(period)) >> 11U) *
        0x1p-53;
    const bool full = draw < full_probability;
    const auto scratch = [&] { return products<Engine, T>(x, at); };
    scratch().products.template multiply<Op::transposed, Op::plain>(p, x, projected);
    const auto weight = static_cast<T>(1.0 / (full ? full_probability : 1.0 - full_probability));
    if (full) {
      const auto s = scratch();
      s.products.multiply(p, projected, s.at[0]);
      auto rest = engine::as_eigen(s.at[0]);
      const double least =
          64.0 * static_cast<double>(std::numeric_limits<T>::epsilon()) * detail::norm_of(x);
      rest = g - rest;
      if (detail::norm_of(s.at[0]) <= least) rest.setZero();  // P has all of G but for rounding
      momentum = static_cast<T>(beta) * momentum + weight * rest;
      g = momentum;
      detail::run_part<Engine>(rule, x, own, at);
    } else {
      auto r = momentum.topRows(projected.rows);
      auto input = engine::as_eigen(projected);
      r = static_cast<T>(beta) * r + weight * input;
      input = r;
      detail::run_part<Engine>(rule, projected, own, at);
      scratch().products.multiply(p, projected, x);
    }
  }

 private:
  template <class Engine, class T>
  static auto products(const engine::View<T>& x, StepContext<T>& at) {
    using Scratch = detail::ScratchMatrices<Engine, T, 1>;
    return detail::laid_out<Scratch>(at.scratch, (std::max)(x.rows, x.cols),
                                     typename Scratch::Shapes{{{x.rows, x.cols}}});
  }
};

}  // namespace pion::optimizer
