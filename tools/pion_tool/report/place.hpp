// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pion_tool/report/inspection.hpp"

/// Where the tensors of a model stand in it, read off their names.
namespace pion::tool {

/// "model.layers.12.self_attn.q_proj.weight" is self_attn.q_proj of layer 12.
struct Place {
  std::optional<std::int64_t> layer;  ///< The first number in the name.
  /// What layers have in common. Further numbers are "*", so that the experts of a layer, numbered
  /// or stacked, have one place; "weight" at the end is left out. What stands before the layer is
  /// part of it where that differs: encoder.self_attn, decoder.self_attn.
  std::string module;
};

std::vector<Place> places_of(const std::vector<std::string_view>& names);

/// A tensor of a report.
struct PlacedTensor {
  const Finding* finding;
  std::size_t file;  ///< Its number.
  Place place;
};

/// All tensors, in the order of their files. Where a name occurs in several files, the modules
/// begin with the file.
std::vector<PlacedTensor> place_all(const std::vector<std::string>& files,
                                    const std::vector<std::vector<Finding>>& all);

/// The model's name: of its file without folder and extension, or of its folder.
std::string stem_of(const std::string& model);

/// The name without "weight" at its end, if it has more.
std::string short_name(std::string_view name);

}  // namespace pion::tool
