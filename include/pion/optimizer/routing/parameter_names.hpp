// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <string_view>

/// What the names of a model's parameters tell. Every part of pion that reads names reads them
/// here, so that the router and the tool cannot differ.
namespace pion {
namespace optimizer {

/// What a parameter is to its attention block, as far as its name tells. Weights are (out, in): the
/// heads of query, key and value are blocks of rows, those of output blocks of columns.
enum class Role {
  other,
  query,
  key,
  value,
  output,                 ///< The projection behind the heads, o_proj.
  fused_query_key_value,  ///< Query, key and value in one matrix, one below the other.
  fused_key_value,        ///< Key and value in one matrix, one below the other.
  adapter                 ///< A factor of a low-rank update; its rows or columns are no heads.
};

/// A text in a name, and the role of a parameter whose name has it as a word.
struct RoleName {
  std::string_view word;
  Role role;
};

/// The names of attention projections. The names of fused ones stand first: "q_k_v_proj" has
/// "v_proj" as a word too.
inline constexpr RoleName role_names[] = {
    {"qkv_proj", Role::fused_query_key_value},
    {"q_k_v_proj", Role::fused_query_key_value},
    {"kv_proj", Role::fused_key_value},
    {"k_v_proj", Role::fused_key_value},
    {"q_proj", Role::query},
    {"k_proj", Role::key},
    {"v_proj", Role::value},
    {"o_proj", Role::output},
};

/// The words with which the names of an adapter's factors begin: LoRA, LoHa and LoKr.
inline constexpr std::string_view adapter_names[] = {"lora_", "hada_", "lokr_"};

/// Texts that the names of embeddings and output layers mostly have, anywhere in them.
inline constexpr std::string_view embedding_and_output_names[] = {"embed", "lm_head"};

/// Says whether a text fits a pattern in which * stands for any characters and ? for any one.
inline bool matches(std::string_view pattern, std::string_view text) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t p = 0, t = 0, star = none, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != none) {  // the last * takes one character more
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == none;
}

}  // namespace optimizer

namespace detail {

constexpr bool is_letter_or_digit(char c) {
  return ('0' <= c && c <= '9') || ('A' <= c && c <= 'Z') || ('a' <= c && c <= 'z');
}

/// Whether `word` stands in `name` with no letter or digit before it and, if `whole`, none after
/// it: "v_proj" does in "attn.v_proj.weight", and does not in "qkv_proj".
constexpr bool has_word(std::string_view name, std::string_view word, bool whole) {
  for (std::size_t at = name.find(word); at != name.npos; at = name.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if (at > 0 && is_letter_or_digit(name[at - 1])) continue;
    if (!whole || end == name.size() || !is_letter_or_digit(name[end])) return true;
  }
  return false;
}

}  // namespace detail

namespace optimizer {

/// Reads a parameter's role off its name. A name that tells nothing has the role `other`.
constexpr Role role_of(std::string_view name) {
  for (const std::string_view word : adapter_names) {
    if (detail::has_word(name, word, false)) return Role::adapter;
  }
  for (const RoleName& known : role_names) {
    if (detail::has_word(name, known.word, true)) return known.role;
  }
  return Role::other;
}

}  // namespace optimizer
}  // namespace pion
