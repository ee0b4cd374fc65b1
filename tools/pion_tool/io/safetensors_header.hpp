// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pion_tool/io/safetensors_entry.hpp"
#include "pion_tool/io/tensor.hpp"

namespace pion::io {

/// The free text that a .safetensors file carries beside its tensors.
using Metadata = std::map<std::string, std::string>;

inline constexpr std::string_view metadata_key = "__metadata__";

/// What the header of a .safetensors file says. A tensor that is described wrongly, or is of a type
/// that is not known, has a TensorInfo::problem and does not keep the others from being read.
struct SafetensorsHeader {
  std::vector<TensorInfo> entries;     ///< In the header's order.
  std::vector<Span> spans;             ///< One for each entry.
  std::vector<std::uint32_t> by_name;  ///< The entries' indices in the order of their names.
  Metadata metadata;
  std::string warning;  ///< What was passed over, in one line; empty where nothing was.
};

/// Reads a header from its JSON.
/// \param file   the file's name, for messages.
/// \param there  how many bytes of values the file holds.
/// \throws Error where it is not JSON, is not made like a header, or has a name twice.
SafetensorsHeader parse_safetensors_header(const std::string& file, const std::string& text,
                                           std::uint64_t there);

}  // namespace pion::io
