// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>  // std::move
#include <vector>

#include <pion/filter/heads.hpp>
#include <pion/optimizer/presets/filtering.hpp>
#include <pion/optimizer/routing/parameter_names.hpp>
#include <pion/optimizer/routing/router.hpp>

/// The paper's assignments of optimisers to the parameters of a model (Fan et al. 2026).
namespace pion::optimizer {

/// Returns the roles of the matrices that a rule of matrices may step: all but is_outside().
inline std::vector<Role> inside_roles() {
  std::vector<Role> inside;
  for (int i = 0; i <= static_cast<int>(Role::table); ++i) {
    if (const Role role = static_cast<Role>(i); !is_outside(role)) inside.push_back(role);
  }
  return inside;
}

/// Returns the claims of AdamW: what is not two-dimensional, embeddings, output layers and tables
/// by their roles (parameter_names.hpp), and what fits a pattern of `outside`.
inline std::vector<Claim> outside_claims(const std::vector<std::string>& outside) {
  std::vector<Claim> claims = {
      {{}, {}, {}, Dimensions::other},
      {{}, {}, {}, Dimensions::two, {Role::embedding, Role::output_layer, Role::table}}};
  if (!outside.empty()) claims.push_back({outside, {}, {}, Dimensions::two});
  return claims;
}

/// What the paper compares with (configuration (ii) of Tables A1 and A2): Muon on every matrix,
/// AdamW elsewhere, as vla_assignment().
template <class Scalar, class Engine = DefaultEngine>
Router<Scalar, Engine> muon_assignment(const std::vector<std::string>& outside = {}) {
  Router<Scalar, Engine> router;
  router.add("Muon", {{{}, outside, {}, Dimensions::two, inside_roles()}}, presets::muon());
  router.add("AdamW", outside_claims(outside), presets::adamw());
  return router;
}

/// VLA training (Table A1 and row S9 of Table A6): Muon on the matrices of the modules "vision" and
/// "language", Pion on those of "action", AdamW on embeddings and output layers, on what is not
/// two-dimensional, and on what fits a pattern of `outside`. A matrix of another module is nobody's
/// and refused.
template <class Scalar, class Engine = DefaultEngine>
Router<Scalar, Engine> vla_assignment(int promotions = 2,
                                      const std::vector<std::string>& outside = {}) {
  const std::vector<Role> inside = inside_roles();
  Router<Scalar, Engine> router;
  router.add("Muon", {{{}, outside, {"vision", "language"}, Dimensions::two, inside}},
             presets::muon());
  router.add("Pion", {{{}, outside, {"action"}, Dimensions::two, inside}},
             presets::pion(promotions));
  router.add("AdamW", outside_claims(outside), presets::adamw());
  return router;
}

/// RLVR post-training (Table A2): Pion head by head on the attention projections, by the roles of
/// `parameter_names.hpp`; on other matrices as a whole; AdamW elsewhere, as vla_assignment().
/// Weights are (out, in): the heads of q, k and v are rows, those of o columns. The factors of LoRA
/// and other adapters are taken whole, for a factor is not the projection, and so are MLA's down
/// projections.
/// \param head_size  rows of one head. With it, Pion also goes head by head through the fused
///                   projections; without it (0) they are taken whole. All heads are of this size,
///                   so it is the same whether they lie in groups or not.
template <class Scalar, class Engine = DefaultEngine>
Router<Scalar, Engine> rlvr_assignment(Index query_heads, Index key_value_heads, int promotions = 2,
                                       const std::vector<std::string>& outside = {},
                                       Index head_size = 0) {
  Router<Scalar, Engine> router;
  const auto add = [&](const char* label, std::vector<Role> roles, auto recipe) {
    router.add(label, {{{}, outside, {}, Dimensions::two, std::move(roles)}}, std::move(recipe));
  };
  const auto per_head = [&](const auto& heads) {
    return presets::pion_per_head(heads, promotions);
  };
  add("Pion per query head", {Role::query}, per_head(Heads{query_heads, Axis::rows}));
  add("Pion per key-value head", {Role::key, Role::value, Role::latent_key_value},
      per_head(Heads{key_value_heads, Axis::rows}));
  add("Pion per output head", {Role::output}, per_head(Heads{query_heads, Axis::cols}));
  std::vector<Role> whole = {Role::other, Role::adapter, Role::latent};
  if (head_size > 0) {
    const FusedHeads qkv = fused_qkv(query_heads, key_value_heads, head_size);
    const FusedHeads kv = {{qkv.segments[1], qkv.segments[2]}, qkv.axis};
    add("Pion per fused head", {Role::fused_query_key_value}, per_head(qkv));
    add("Pion per fused key-value head", {Role::fused_key_value}, per_head(kv));
  } else {
    whole.insert(whole.end(), {Role::fused_query_key_value, Role::fused_key_value});
  }
  add("Pion", whole, presets::pion(promotions));
  router.add("AdamW", outside_claims(outside), presets::adamw());
  return router;
}

}  // namespace pion::optimizer
