// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/cli/head_options.hpp"

#include <algorithm>
#include <pion/optimizer/routing/parameter_names.hpp>

#include "pion_tool/cli/options.hpp"

namespace pion::tool {
namespace {

constexpr std::int64_t most_heads = 65536;

}  // namespace

void add_heads(CLI::App& verb, HeadOptions& options) {
  CLI::Option* heads = add_whole(verb, "--heads", options.heads, 1, most_heads,
                                 "Take attention's projections head by head, N heads each");
  CLI::Option* kv_heads = add_whole(verb, "--kv-heads", options.kv_heads, 1, most_heads,
                                    "Take keys and values as N heads, where they have fewer");
  CLI::Option* axis = add_choice(verb, "--axis", options.axis,
                                 Choices<Axis>{{"rows", Axis::rows}, {"cols", Axis::cols}},
                                 "Split every matrix but LoRA's this way, whatever its name");
  for (CLI::Option* option : {kv_heads, axis}) require_with(option, heads);
}

std::optional<Heads> heads_of(std::string_view name, const HeadOptions& options) {
  if (options.heads == 0) return std::nullopt;
  using optimizer::Role;
  const Role role = optimizer::role_of(name);
  const bool transposed = options.conv1d && optimizer::is_conv1d(name);
  Axis axis = (role == Role::output) == transposed ? Axis::rows : Axis::cols;
  if (options.axis) axis = *options.axis;
  const Index few = options.kv_heads > 0 ? options.kv_heads : options.heads;
  switch (role) {
    case Role::query:
    case Role::output: return Heads{options.heads, axis};
    case Role::key:
    case Role::value:
    case Role::latent_key_value: return Heads{few, axis};
    case Role::fused_query_key_value: return Heads{options.heads + 2 * few, axis};
    case Role::fused_key_value: return Heads{2 * few, axis};
    case Role::adapter: return std::nullopt;  // an axis of it is the rank
    default: break;
  }
  return options.axis ? std::optional(Heads{options.heads, axis}) : std::nullopt;
}

bool stores_conv1d(const std::vector<io::TensorInfo>& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const io::TensorInfo& info) {
    return info.shape.size() == 2 &&
           optimizer::is_wide_c_attn(info.name, info.shape[0], info.shape[1]);
  });
}

}  // namespace pion::tool
