// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <string_view>

/// How a pattern or a text stands in the name of a parameter.
namespace pion {
namespace optimizer {

/// How a text stands in a name.
enum class Stands {
  anywhere,  ///< At any place.
  at_word,   ///< With no letter or digit before it: "lora_" in "q.lora_A".
  as_word,   ///< And none after it: "v_proj" in "self_attn_v_proj.weight", not in "qkv_proj".
  as_part,   ///< Between dots or the name's ends: "wte" in "transformer.wte.weight".
  in_front   ///< As part of the name with which it begins.
};

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

constexpr bool is_dot(char c) { return c == '.' || c == '/'; }

/// Whether `text` stands in `name` at that place, a dot for a / too.
constexpr bool begins_at(std::string_view name, std::size_t at, std::string_view text) {
  if (text.size() > name.size() - at) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = name[at + i];
    if (c != text[i] && !(is_dot(c) && is_dot(text[i]))) return false;
  }
  return true;
}

/// Whether `text` stands so in `name`.
constexpr bool has_text(std::string_view name, std::string_view text, optimizer::Stands stands) {
  using optimizer::Stands;
  for (std::size_t at = 0; at + text.size() <= name.size(); ++at) {
    if (at > 0 && stands == Stands::in_front) return false;
    if (!begins_at(name, at, text)) continue;
    const std::size_t end = at + text.size();
    const char before = at > 0 ? name[at - 1] : '.', after = end < name.size() ? name[end] : '.';
    switch (stands) {
      case Stands::anywhere: return true;
      case Stands::at_word:
        if (!is_letter_or_digit(before)) return true;
        break;
      case Stands::as_word:
        if (!is_letter_or_digit(before) && !is_letter_or_digit(after)) return true;
        break;
      case Stands::as_part:
      case Stands::in_front:
        if (is_dot(before) && is_dot(after)) return true;
        break;
    }
  }
  return false;
}

}  // namespace detail

}  // namespace pion
