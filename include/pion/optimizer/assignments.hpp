// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <pion/optimizer/presets.hpp>
#include <pion/optimizer/router.hpp>

/// The paper's assignments of optimisers to the parameters of a model (Fan et al. 2026).
namespace pion::optimizer {

/// Embeddings and output layers, by the names that they mostly have: they go to AdamW.
inline std::vector<std::string> embeddings_and_outputs() { return {"*embed*", "*lm_head*"}; }

/// VLA training (Table A1 and row S9 of Table A6): Muon on the matrices of the modules "vision" and
/// "language", Pion on those of "action", AdamW on `outside` and on what is not two-dimensional.
/// A matrix of another module is nobody's and refused.
template <class Scalar, class Engine = DefaultEngine>
Router<Scalar, Engine> vla_assignment(
    int promotions = 2, const std::vector<std::string>& outside = embeddings_and_outputs()) {
  Router<Scalar, Engine> router;
  router.add("Muon", {{{}, outside, {"vision", "language"}, Dimensions::two}}, presets::muon());
  router.add("Pion", {{{}, outside, {"action"}, Dimensions::two}}, presets::pion(promotions));
  router.add("AdamW", {{{}, {}, {}, Dimensions::other}, {outside, {}, {}, Dimensions::two}},
             presets::adamw());
  return router;
}

/// RLVR post-training (Table A2): Pion head by head on the attention projections, named *q_proj*,
/// *k_proj*, *v_proj* and *o_proj*; on other matrices as a whole; AdamW elsewhere. Weights are
/// (out, in): the heads of q, k and v are rows, those of o columns.
template <class Scalar, class Engine = DefaultEngine>
Router<Scalar, Engine> rlvr_assignment(
    Index query_heads, Index key_value_heads, int promotions = 2,
    const std::vector<std::string>& outside = embeddings_and_outputs()) {
  std::vector<std::string> not_whole = outside;
  for (const char* name : {"*q_proj*", "*k_proj*", "*v_proj*", "*o_proj*"}) {
    not_whole.emplace_back(name);
  }
  const auto per_head = [&](Index count, Axis axis) {
    return presets::pion_per_head(Heads{count, axis}, promotions);
  };
  Router<Scalar, Engine> router;
  router.add("Pion per query head", {{{"*q_proj*"}, outside, {}, Dimensions::two}},
             per_head(query_heads, Axis::rows));
  router.add("Pion per key-value head", {{{"*k_proj*", "*v_proj*"}, outside, {}, Dimensions::two}},
             per_head(key_value_heads, Axis::rows));
  router.add("Pion per output head", {{{"*o_proj*"}, outside, {}, Dimensions::two}},
             per_head(query_heads, Axis::cols));
  router.add("Pion", {{{}, not_whole, {}, Dimensions::two}}, presets::pion(promotions));
  router.add("AdamW", {{{}, {}, {}, Dimensions::other}, {outside, {}, {}, Dimensions::two}},
             presets::adamw());
  return router;
}

}  // namespace pion::optimizer
