// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <pion/filter/heads.hpp>
#include <string_view>
#include <vector>

#include "pion_tool/io/tensor.hpp"

namespace CLI {
class App;
}

/// Tells which matrices are attention projections, and how their heads lie.
namespace pion::tool {

/// Holds what --heads, --kv-heads and --axis say.
struct HeadOptions {
  std::int64_t heads = 0;     ///< 0: matrices are taken whole.
  std::int64_t kv_heads = 0;  ///< Of keys and values under grouped-query attention; 0: as heads.
  std::optional<Axis> axis;   ///< Of every matrix, whatever its name.
  bool conv1d = false;        ///< No option: stores_conv1d() of the model.
};

void add_heads(CLI::App& verb, HeadOptions& options);

/// The heads of the matrix of that name, by its role (pion/optimizer/routing/parameter_names.hpp):
/// blocks of rows of query, key and value, alone or fused, blocks of columns of what stands behind
/// the heads. Nothing where heads were not asked for, or where the name tells no heads (a latent of
/// MLA) and no axis was given. A factor of LoRA has none, for an axis of it is the rank.
std::optional<Heads> heads_of(std::string_view name, const HeadOptions& options);

/// Whether a model is stored as GPT-2's Conv1D: then the axes of its heads are exchanged.
bool stores_conv1d(const std::vector<io::TensorInfo>& tensors);

}  // namespace pion::tool
