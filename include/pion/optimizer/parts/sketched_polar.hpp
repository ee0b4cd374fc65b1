// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min, std::swap
#include <cstdint>    // std::uint64_t
#include <numeric>    // std::iota
#include <string>

#include <pion/detail/random.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/parts/basis.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/run_part.hpp>

namespace pion::optimizer {

/// Says what a sketch is made of.
enum class Sketch {
  gaussian,  ///< Products with Gaussian columns (the paper).
  columns,   ///< Columns drawn without repetition (the code).
};

/// Runs a rule in the subspace of a sketch (He et al. 2025, "Low-rank orthogonalization"). With X
/// turned to have the short side first, S a sketch of it with `rank` columns:
///
///   Q = orthonormal(S);  O = Q rule(Q^T X)
///
/// A matrix of a side up to `whole_up_to`, or of a short side up to the rank, is given to the rule
/// as it is. The code draws the columns' places from the width of the gradient, so that of a tall
/// one some are never drawn; here all are. Draws depend on the seed and the step alone. A step
/// allocates nothing if the rule does not.
template <class Rule>
struct SketchedPolar {
  Rule rule;
  Index rank = 200;
  Sketch sketch = Sketch::columns;
  Index whole_up_to = 1000;
  std::uint64_t seed = 0;

  static_assert(detail::buffer_count<Rule> == 0,
                "pion: SketchedPolar needs a rule that remembers nothing");
  static constexpr int buffers = 2;
  BufferShape buffer(int i, Index rows, Index cols) const {
    const Index m = (std::min)(rows, cols), n = (std::max)(rows, cols);
    const Index k = is_whole(rows, cols) ? 0 : rank;
    return i == 0 ? BufferShape{"basis", m, k, Storage::scratch}
                  : BufferShape{"within", k, n, Storage::scratch};
  }
  void require_valid() const {
    detail::require_valid_part(rule);
    detail::require_period("SketchedPolar: rank", rank);
  }
  std::string signature() const {
    return detail::part_signature(rule) +
           detail::signature(sketch == Sketch::columns ? " of columns" : " of a Gaussian sketch",
                             {{"rank", static_cast<double>(rank)},
                              {"whole_up_to", static_cast<double>(whole_up_to)},
                              {"seed", static_cast<double>(seed)}});
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    using engine::Op;
    if (is_whole(x.rows, x.cols)) {
      detail::run_part<Engine>(rule, x, own, at);
      return;
    }
    const engine::View<T>& q = own[0].values;
    const engine::View<T>& within = own[1].values;
    const bool wide = x.rows <= x.cols;
    draw<Engine>(x, wide, q, at);
    detail::orthonormalize_columns(q);
    const auto products = [&] {
      using Scratch = detail::ScratchMatrices<Engine, T, 1>;
      return detail::laid_out<Scratch>(at.scratch, (std::max)(x.rows, x.cols),
                                       typename Scratch::Shapes{{{0, 0}}})
          .products;
    };
    if (wide) {
      products().template multiply<Op::transposed, Op::plain>(q, x, within);
    } else {
      products().template multiply<Op::transposed, Op::transposed>(q, x, within);
    }
    detail::run_part<Engine>(rule, within, own, at);
    if (wide) {
      products().multiply(q, within, x);
    } else {
      products().template multiply<Op::transposed, Op::transposed>(within, q, x);
    }
  }

 private:
  bool is_whole(Index rows, Index cols) const {
    const Index least = (std::min)(rows, cols);
    return least <= whole_up_to || least <= rank;
  }

  /// to <- the sketch.
  template <class Engine, class T>
  void draw(const engine::View<T>& x, bool wide, const engine::View<T>& to,
            StepContext<T>& at) const {
    const Index length = (std::max)(x.rows, x.cols);
    const std::uint64_t now = detail::random_bits(seed, static_cast<std::uint64_t>(at.t));
    if (sketch == Sketch::gaussian) {
      using Scratch = detail::ScratchMatrices<Engine, T, 1>;
      const auto scratch =
          detail::laid_out<Scratch>(at.scratch, length, typename Scratch::Shapes{{{length, rank}}});
      Engine::template TallSkinnyKernels<T>::fill_gaussian(now, scratch.at[0]);
      if (wide) {
        scratch.products.multiply(x, scratch.at[0], to);
      } else {
        scratch.products.template multiply<engine::Op::transposed, engine::Op::plain>(
            x, scratch.at[0], to);
      }
      return;
    }
    detail::Arena counting;
    counting.take<Index>(length);
    detail::Arena arena(at.scratch, counting.used());
    auto* const places = arena.take<Index>(length);
    std::iota(places, places + length, Index(0));
    for (Index k = 0; k < rank; ++k) {  // Fisher and Yates
      const std::uint64_t bits = detail::random_bits(now, static_cast<std::uint64_t>(k));
      const auto step = static_cast<Index>(bits % static_cast<std::uint64_t>(length - k));
      std::swap(places[k], places[k + step]);
      if (wide) {
        engine::as_eigen(to).col(k) = engine::as_eigen(x).col(places[k]);
      } else {
        engine::as_eigen(to).col(k) = engine::as_eigen(x).row(places[k]).transpose();
      }
    }
  }
};

}  // namespace pion::optimizer
