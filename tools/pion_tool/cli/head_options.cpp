// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/head_options.hpp"

#include <pion/optimizer/routing/parameter_names.hpp>

#include "pion_tool/cli/options.hpp"

namespace pion::tool {
namespace {

constexpr std::int64_t most_heads = 65536;

}  // namespace

void add_heads(CLI::App& verb, HeadOptions& options) {
  CLI::Option* heads =
      add_whole(verb, "--heads", options.heads, 1, most_heads,
                "Take q_proj, k_proj, v_proj and o_proj head by head, N heads each");
  CLI::Option* kv_heads = add_whole(verb, "--kv-heads", options.kv_heads, 1, most_heads,
                                    "Take k_proj and v_proj as N heads, where they have fewer");
  CLI::Option* axis = add_choice(verb, "--axis", options.axis,
                                 Choices<Axis>{{"rows", Axis::rows}, {"cols", Axis::cols}},
                                 "Split every matrix into heads this way, whatever its name");
  for (CLI::Option* option : {kv_heads, axis}) require_with(option, heads);
}

std::optional<Heads> heads_of(std::string_view name, const HeadOptions& options) {
  if (options.heads == 0) return std::nullopt;
  using optimizer::Role;
  const Role role = optimizer::role_of(name);
  const bool key_or_value = role == Role::key || role == Role::value;
  const bool named = key_or_value || role == Role::query || role == Role::output;
  if (!named && !options.axis) return std::nullopt;
  const bool fewer = key_or_value && options.kv_heads > 0;
  return Heads{fewer ? options.kv_heads : options.heads,
               options.axis.value_or(role == Role::output ? Axis::cols : Axis::rows)};
}

}  // namespace pion::tool
