// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <utility>    // std::move

#include <pion/apply/apply.hpp>
#include <pion/apply/per_head.hpp>
#include <pion/optimizer/direction.hpp>

/// The rules that need no SVD (low_rank.hpp has the others; spectral_power.hpp the powers).
///
/// A rule turns the momentum into a direction in place: direct<Engine>(x, workspace), where x is a
/// column-major view of the parameter's shape with finite entries. It is a plain value, and changes
/// nothing but x and the workspace. One that compresses has a third argument, the state's
/// WarmStart, which it leaves for the next step (compressed.hpp).
namespace pion::optimizer {

namespace detail {

inline Direction direction_of(const ApplyInfo& info) {
  return {info.output_norm, info.survivors, 0, info.dead, info.method == Method::low_rank};
}

}  // namespace detail

/// The momentum itself: SGD, and over RmsNormalized, AdamW.
struct Identity {
  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& /*workspace*/) const {
    Direction d;
    d.norm = Engine::template Kernels<T>::frobenius_norm(x);
    return d;
  }
};

/// A spectral filter of the whole matrix: Muon, Pion (Fan et al. 2026, Alg. 2), LPMuon.
struct Filtered {
  Filter filter;

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace) const {
    auto matrix = engine::as_eigen(x);
    return detail::direction_of(apply<Engine>(filter, matrix, matrix, workspace));
  }
};

/// The same filter of every attention head by itself (Alg. 3). `Layout` is Heads or FusedHeads.
template <class Layout = Heads>
struct FilteredPerHead {
  Filter filter;
  Layout heads;

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace) const {
    auto matrix = engine::as_eigen(x);
    const PerHeadInfo info = apply_per_head<Engine>(filter, matrix, heads, matrix, workspace);
    Direction d;
    d.norm = info.output_norm;
    d.dead_heads = info.dead;
    d.dead = info.heads > 0 && info.dead == info.heads;
    return d;
  }
};
template <class Layout>
FilteredPerHead(Filter, Layout) -> FilteredPerHead<Layout>;

}  // namespace pion::optimizer
