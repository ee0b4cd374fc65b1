// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::sqrt
#include <string>
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>
#include <pion/optimizer/recipe/check.hpp>

/// QK-clip (Kimi K2, 2025): after a step, query and key weights whose attention logits grew beyond
/// a threshold are made smaller. MuonClip is presets::moonlight(), or another recipe, and this.
///
/// Weights are (out, in), the heads blocks of rows of equal size. max_logits has the largest logit
/// of each query head over the batch, 1 / sqrt(head size) included, reduced over micro-batches and
/// ranks by the caller. A head whose logit is S > threshold gets the factor g = threshold / S.
/// Optimiser states are left as they are.
namespace pion {
namespace optimizer {

/// Says what shrinks where several query heads share a key head.
enum class SharedKeys {
  /// The query heads alone, each by its g. The key head, shrunk once for each, would shrink too
  /// far.
  query_alone,
  /// The key head and all its query heads, by the root of the smallest g among them.
  whole_group,
};

}  // namespace optimizer

namespace detail {

/// \throws std::invalid_argument if a number cannot be a largest logit, or the rows do not divide.
template <class M>
void require_heads(const char* what, const M& weights, Index heads) {
  if (heads >= 1 && weights.rows() % heads == 0) return;
  refuse_argument(std::string("qk_clip: ") + std::to_string(weights.rows()) + " rows of the " +
                  what + " do not divide into " + std::to_string(heads) + " heads");
}

inline void require_logits(const std::vector<double>& max_logits, double threshold) {
  if (!(threshold > 0.0 && is_finite(threshold))) {
    refuse_number("qk_clip: the threshold", threshold, "finite and positive");
  }
  for (const double logit : max_logits) {
    if (!is_finite(logit)) refuse_number("qk_clip: a largest logit", logit, "finite");
  }
}

inline double clip_of(double logit, double threshold) {
  return logit > threshold ? threshold / logit : 1.0;
}

template <class M>
void scale_head(M& weights, Index heads, Index head, double factor) {
  using T = typename plain_t<M>::Scalar;
  using C = compute_t<T>;
  const Index size = weights.rows() / heads;
  auto block = weights.middleRows(head * size, size);
  if (factor == 1.0) return;
  block = (block.template cast<C>() * static_cast<C>(factor)).template cast<T>();
}

}  // namespace detail

namespace optimizer {

/// Clips the query and key weights of multi-head or grouped-query attention. There are as many
/// query heads as logits; query head h uses the key head h key_heads / heads.
/// \return how many query heads had a logit beyond the threshold.
/// \throws std::invalid_argument if rows do not divide into heads, heads into key heads, a logit is
///         not finite or the threshold not positive; nothing is then changed.
template <class Q, class K, detail::require_matrix<Q> = 0>
Index qk_clip(Q&& query, K&& key, Index key_heads, const std::vector<double>& max_logits,
              double threshold = 100.0, SharedKeys shared = SharedKeys::query_alone) {
  detail::require_writable<Q>();
  detail::require_writable<K>();
  const auto heads = static_cast<Index>(max_logits.size());
  detail::require_logits(max_logits, threshold);
  detail::require_heads("queries", query, heads);
  detail::require_heads("keys", key, key_heads);
  if (heads % key_heads != 0) {
    detail::refuse_argument("qk_clip: " + std::to_string(heads) +
                            " query heads do not divide into " + std::to_string(key_heads) +
                            " key heads");
  }
  const Index group = heads / key_heads;
  Index clipped = 0;
  for (Index k = 0; k < key_heads; ++k) {
    double least = 1.0;
    for (Index h = k * group; h < (k + 1) * group; ++h) {
      const double g = detail::clip_of(max_logits[static_cast<std::size_t>(h)], threshold);
      if (g < 1.0) ++clipped;
      least = (std::min)(least, g);
      if (group > 1 && shared == SharedKeys::query_alone) detail::scale_head(query, heads, h, g);
    }
    if (group > 1 && shared == SharedKeys::query_alone) continue;
    for (Index h = k * group; h < (k + 1) * group; ++h) {
      detail::scale_head(query, heads, h, std::sqrt(least));
    }
    detail::scale_head(key, key_heads, k, std::sqrt(least));
  }
  return clipped;
}

/// Clips the weights of multi-head latent attention: those of the compressed queries and keys by
/// sqrt(g), those of the rotary queries by g. The rotary key is common to all heads and stays.
/// \return how many heads had a logit beyond the threshold.
/// \throws std::invalid_argument as qk_clip() does; nothing is then changed.
template <class Q, class K, class R, detail::require_matrix<Q> = 0>
Index qk_clip_latent(Q&& query, K&& key, R&& rotary_query, const std::vector<double>& max_logits,
                     double threshold = 100.0) {
  detail::require_writable<Q>();
  detail::require_writable<K>();
  detail::require_writable<R>();
  const auto heads = static_cast<Index>(max_logits.size());
  detail::require_logits(max_logits, threshold);
  detail::require_heads("queries", query, heads);
  detail::require_heads("keys", key, heads);
  detail::require_heads("rotary queries", rotary_query, heads);
  Index clipped = 0;
  for (Index h = 0; h < heads; ++h) {
    const double g = detail::clip_of(max_logits[static_cast<std::size_t>(h)], threshold);
    if (g == 1.0) continue;
    ++clipped;
    detail::scale_head(query, heads, h, std::sqrt(g));
    detail::scale_head(key, heads, h, std::sqrt(g));
    detail::scale_head(rotary_query, heads, h, g);
  }
  return clipped;
}

}  // namespace optimizer
}  // namespace pion
