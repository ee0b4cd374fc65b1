// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace pion::io {

/// Which shard of a checkpoint holds which tensor: the "weight_map" of a file such as
/// model.safetensors.index.json, tensor to file name.
using WeightMap = std::map<std::string, std::string>;

/// Reads an index from its JSON.
/// \param file  the index's name, for messages.
/// \throws Error where it is not JSON, has no "weight_map" of texts, has a tensor twice, or names a
///         file in another folder than its own.
WeightMap parse_shard_index(const std::string& file, const std::string& text);

}  // namespace pion::io
