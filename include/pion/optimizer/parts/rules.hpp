// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <string>
#include <vector>

#include <pion/apply/apply.hpp>
#include <pion/apply/per_head.hpp>
#include <pion/optimizer/recipe/recipe.hpp>

/// The rules that need no SVD (low_rank.hpp has the others; spectral_power.hpp the powers).
///
/// A rule turns the momentum into a direction in place: direct<Engine>(x, workspace), where x is a
/// column-major view of the parameter's shape with finite entries. It is a plain value, and changes
/// nothing but x and the workspace. A rule that compresses has a third argument, the state's
/// WarmStart, which it leaves for the next step (compressed.hpp). signature() says what a
/// checkpoint compares (recipe.hpp). A rule that works on blocks of the matrix may name them, so
/// that a scale takes their shape: scale_blocks(), their number, and scale_block(rows, cols, i).
namespace pion {
namespace detail {

inline optimizer::Direction direction_of(const ApplyInfo& info) {
  return {info.output_norm, info.survivors, 0, info.dead, info.method == Method::low_rank};
}

/// Writes a filter as "frobenius, 2 x (1.875, -1.25, 0.375), 3 x (0, 2.5, -1.5)".
inline std::string signature(const Filter& filter) {
  std::string text(name(filter.normalizer));
  const std::vector<OddQuintic>& steps = filter.chain.steps();
  for (std::size_t i = 0, end = 0; i < steps.size(); i = end) {
    while (end < steps.size() && steps[end] == steps[i]) ++end;
    text += ", " + std::to_string(end - i) + " x (" + number_text(steps[i].a) + ", " +
            number_text(steps[i].b) + ", " + number_text(steps[i].c) + ")";
  }
  return text;
}

inline std::string signature(const Heads& heads) {
  return std::to_string(heads.count) + " heads of" + plural(heads.axis);
}
inline std::string signature(const FusedHeads& heads) {
  std::string text = "heads";
  for (const HeadSegment& s : heads.segments) {
    text += " " + std::to_string(s.heads) + " in " + std::to_string(s.size) + ",";
  }
  return text + " of" + plural(heads.axis);
}

}  // namespace detail

namespace optimizer {

/// Gives the momentum itself: SGD, and over RmsNormalized, AdamW.
struct Identity {
  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& /*workspace*/) const {
    Direction d;
    d.norm = Engine::template Kernels<T>::frobenius_norm(x);
    return d;
  }
  std::string signature() const { return "Identity"; }
};

/// Applies a spectral filter to the whole matrix: Muon, Pion (Fan et al. 2026, Alg. 2), LPMuon.
struct Filtered {
  Filter filter;

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace) const {
    auto matrix = engine::as_eigen(x);
    return detail::direction_of(apply<Engine>(filter, matrix, matrix, workspace));
  }
  std::string signature() const { return "Filtered{" + detail::signature(filter) + "}"; }
};

/// Chooses the shape that the scale of a per-head rule takes (scale.hpp).
enum class ScaleShape {
  head,   ///< Each head has the factor of its own shape, as if it were a parameter of its own.
  whole,  ///< All heads have the factor of the whole matrix's shape.
};

/// Applies one filter to every attention head by itself (Alg. 3). `Layout` is Heads or FusedHeads;
/// a FusedHeads whose segments have one head each filters q, k and v each as a whole.
///
/// Algorithm 3 has no scale. Pion's published RLVR code scales each head by its own shape
/// (presets::pion_rlvr), and so does code that splits a fused q, k, v into parameters of their own.
/// ScaleShape::whole is for code that filters by heads and scales as for one matrix. A scale over
/// the norm (RmsScale) is always that of the whole update.
template <class Layout = Heads>
struct FilteredPerHead {
  Filter filter;
  Layout heads;
  ScaleShape scale_shape = ScaleShape::head;  ///< Which block a scale takes the shape of.

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
  std::string signature() const {
    return "FilteredPerHead{" + detail::signature(heads) + ", " + detail::signature(filter) + "}";
  }

  Index scale_blocks() const { return scale_shape == ScaleShape::whole ? 1 : head_count(heads); }
  Block scale_block(Index rows, Index cols, Index i) const {
    if (scale_shape == ScaleShape::whole) return {0, 0, rows, cols};
    const bool by_rows = heads.axis == Axis::rows;
    const HeadRange at = head_range(heads, by_rows ? rows : cols, i);
    return by_rows ? Block{at.start, 0, at.size, cols} : Block{0, at.start, rows, at.size};
  }
};
template <class Layout>
FilteredPerHead(Filter, Layout) -> FilteredPerHead<Layout>;
template <class Layout>
FilteredPerHead(Filter, Layout, ScaleShape) -> FilteredPerHead<Layout>;

}  // namespace optimizer
}  // namespace pion
