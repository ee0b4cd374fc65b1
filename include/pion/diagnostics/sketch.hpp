// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::max, std::min
#include <cmath>      // std::ceil, std::ilogb, std::ldexp, std::log
#include <optional>
#include <string>
#include <utility>  // std::move

#include <pion/algorithm/krylov_space.hpp>
#include <pion/detail/check.hpp>
#include <pion/diagnostics/sketch_measures.hpp>
#include <pion/diagnostics/spectrum.hpp>

namespace pion {

namespace detail {

/// How large the subspace of a sketch may grow, and its parts. From the costs measured in
/// docs/performance.md: beyond a quarter of the directions, or 640, the exact values are cheaper.
struct SketchPlan {
  Index width = 0;   ///< Columns of a block, and probes.
  Index most = 0;    ///< Directions.
  Index search = 0;  ///< Directions before the probes.

  SketchPlan(Index m, Index n) {
    const Index side = (std::min)(m, n);
    width = side < 2048 ? 16 : 32;
    most = std::min<Index>(side / 4, 640);
    search = (std::max)(3 * width, most / 4);
  }
  bool pays() const { return most >= 128; }
};

inline void require_sound(const char* function, const Within& how) {
  if (!(how.relative > 0.0)) refuse_argument(std::string(function) + ": within must be positive");
  if (!(how.probability > 0.0 && how.probability < 1.0)) {
    refuse_argument(std::string(function) + ": the probability must lie between 0 and 1");
  }
}

/// Grows a sketch of x until `wanted` of it is within; nothing, where the plan has no room for it.
/// What the space leaves open falls with more blocks, chance with more probes, for which all that
/// has converged so far is taken out first.
template <class Engine, class X, class Wanted>
std::optional<SketchedSpectrum> grow_sketch(const X& x, const Within& how, const SketchPlan& plan,
                                            const Wanted& wanted) {
  using T = compute_t<typename X::Scalar>;
  const Index m = (std::min)(x.rows(), x.cols()), n = (std::max)(x.rows(), x.cols());
  KrylovSpace<engine::core_t<Engine>, T> space(m, n, plan.most, plan.width);
  const double largest = load("sketch", x, space.copy());
  if (largest == 0.0) return std::nullopt;
  const double norm = std::ldexp(space.begin(largest, how.seed), std::ilogb(largest));
  while (space.directions() < plan.search && !space.complete()) space.extend();
  Index probes = 8;  // enough to see how many it takes
  while (space.draw(how.seed, probes)) {
    double open_before = 0.0;
    Index before = 0;
    for (int steps = 4;;) {
      while (space.steps() < steps && space.has_room() && !space.complete()) space.extend();
      SketchedSpectrum sketch(space.rules(), norm, how.probability);
      const double width = wanted(sketch).width();
      if (width <= how.relative) return sketch;
      const double open = wanted(sketch.without_chance()).width(), chance = width - open;
      const double share = chance / (0.5 * how.relative);
      if (share > 1.2) {  // it takes more probes
        const double enough = static_cast<double>(probes) * share * share;
        if (enough > 8.0 * static_cast<double>(plan.width)) return std::nullopt;
        probes = std::clamp((static_cast<Index>(enough) / 8 + 1) * 8, probes, plan.width);
        break;
      }
      if (space.complete() || !space.has_room()) return std::nullopt;
      double ahead = static_cast<double>(space.steps());
      if (before > 0 && open < open_before) {  // what is left open falls geometrically
        const double rate =
            std::log(open_before / open) / static_cast<double>(space.directions() - before);
        const double directions = std::log(2.5 * open / how.relative) / rate;
        if (directions > 2.0 * static_cast<double>(plan.most)) return std::nullopt;
        ahead = (std::min)(ahead, directions / static_cast<double>(probes));
      }
      steps = space.steps() + (std::max)(1, static_cast<int>(std::ceil(ahead)));
      open_before = open;
      before = space.directions();
    }
  }
  return std::nullopt;
}

/// A sketch whose `wanted` measure is within what is asked, or the exact values.
template <class Engine, class X, class Wanted>
SketchedSpectrum sketch_until(const X& x, const Within& how, const Wanted& wanted) {
  require_sound("sketch", how);
  const SketchPlan plan(x.rows(), x.cols());
  if (plan.pays()) {
    if (auto found = grow_sketch<Engine>(x, how, plan, wanted)) return *std::move(found);
  }
  return SketchedSpectrum(spectrum<Engine>(x, 1e-6));
}

}  // namespace detail

/// Sketches the spectrum of x until its effective rank is as exact as asked, or takes the exact
/// values (SketchedSpectrum::exact()) where the matrix is small or the sketch has not come so far.
///
/// x is m x n in any storage order, float, double or a 16-bit type, and copied once. Cost: 4 m n d
/// flops in double for d directions, at most a quarter of the short side and 640, and two
/// decompositions of d x d matrices for each look. Allocates m n scalars and some 20 d (m + n)
/// bytes. Deterministic for a seed, as far as Engine is. Source: Golub and Meurant 2010 (bounds),
/// Musco and Musco 2015 (directions), Meyer et al. 2021 (what is taken out, probes for the rest).
/// \throws std::domain_error if an entry is NaN or infinite, std::invalid_argument if `how` has a
///         number that makes no sense.
template <class Engine = DefaultEngine, class X>
SketchedSpectrum sketch_spectrum(const Eigen::MatrixBase<X>& x, const Within& how = {}) {
  return detail::sketch_until<Engine>(x.derived(), how,
                                      [](const SketchedSpectrum& s) { return s.effective_rank(); });
}

/// Shorthands for one measure, which goes on until that measure is as exact as asked.
template <class Engine = DefaultEngine, class X>
Estimate effective_rank(const Eigen::MatrixBase<X>& x, const Within& how) {
  return sketch_spectrum<Engine>(x, how).effective_rank();
}
template <class Engine = DefaultEngine, class X>
Estimate stable_rank(const Eigen::MatrixBase<X>& x, const Within& how) {
  const auto wanted = [](const SketchedSpectrum& s) { return s.stable_rank(); };
  return wanted(detail::sketch_until<Engine>(x.derived(), how, wanted));
}
template <class Engine = DefaultEngine, class X>
Estimate nuclear_rank(const Eigen::MatrixBase<X>& x, const Within& how) {
  const auto wanted = [](const SketchedSpectrum& s) { return s.nuclear_rank(); };
  return wanted(detail::sketch_until<Engine>(x.derived(), how, wanted));
}
/// The number of singular values above `sigma`.
template <class Engine = DefaultEngine, class X>
Estimate count_above(const Eigen::MatrixBase<X>& x, double sigma, const Within& how) {
  const auto wanted = [sigma](const SketchedSpectrum& s) { return s.count_above(sigma); };
  return wanted(detail::sketch_until<Engine>(x.derived(), how, wanted));
}

}  // namespace pion
