// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace pion::io {

/// Which shard of a checkpoint holds which tensor: the "weight_map" of a file such as
/// model.safetensors.index.json, tensor to file name.
using WeightMap = std::map<std::string, std::string>;

constexpr std::uint64_t largest_index = 256U << 20U;  ///< Bytes of an index; more are none.

/// Reads an index from its JSON.
/// \param file  the index's name, for messages.
/// \throws Error where it is not JSON, has no "weight_map" of texts, has a tensor twice, or names a
///         file in another folder than its own.
WeightMap parse_shard_index(const std::string& file, const std::string& text);

/// The text of an index without the tensors that are `gone`. All else stays, in its order, but for
/// the bytes of all values, metadata.total_size, where it tells them.
/// \param text  an index that parse_shard_index() takes.
std::string rewrite_shard_index(const std::string& text, const std::set<std::string>& gone,
                                std::uint64_t total_size);

}  // namespace pion::io
