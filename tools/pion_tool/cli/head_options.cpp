// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/head_options.hpp"

#include <cctype>

#include "pion_tool/cli/options.hpp"

namespace pion::tool {
namespace {

constexpr std::int64_t most_heads = 65536;

/// Whether `part` stands in the name as a word: v_proj does in "attn.v_proj", not in "qkv_proj".
bool has_word(std::string_view name, std::string_view part) {
  for (std::size_t at = name.find(part); at != name.npos; at = name.find(part, at + 1)) {
    if (at == 0 || std::isalnum(static_cast<unsigned char>(name[at - 1])) == 0) return true;
  }
  return false;
}

}  // namespace

void add_heads(CLI::App& verb, HeadOptions& options) {
  CLI::Option* heads =
      add_whole(verb, "--heads", options.heads, 1, most_heads,
                "Heads of an attention projection: q_proj, k_proj, v_proj, o_proj");
  CLI::Option* kv_heads = add_whole(verb, "--kv-heads", options.kv_heads, 1, most_heads,
                                    "Heads of k_proj and v_proj, where they are fewer");
  CLI::Option* axis = add_choice(verb, "--axis", options.axis,
                                 Choices<Axis>{{"rows", Axis::rows}, {"cols", Axis::cols}},
                                 "Split every matrix into heads this way, whatever its name");
  for (CLI::Option* option : {kv_heads, axis}) require_with(option, heads);
}

std::optional<Heads> heads_of(std::string_view name, const HeadOptions& options) {
  if (options.heads == 0) return std::nullopt;
  const bool q = has_word(name, "q_proj");
  const bool k_or_v = has_word(name, "k_proj") || has_word(name, "v_proj");
  const bool o = has_word(name, "o_proj");
  if (!(q || k_or_v || o || options.axis)) return std::nullopt;
  const bool fewer = k_or_v && options.kv_heads > 0;
  return Heads{fewer ? options.kv_heads : options.heads,
               options.axis.value_or(o ? Axis::cols : Axis::rows)};
}

}  // namespace pion::tool
