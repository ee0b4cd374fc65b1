// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "pion_tool/chart/heat_map.hpp"
#include "pion_tool/report/measure.hpp"
#include "pion_tool/report/place.hpp"

/// Heat maps of a model: layers from left to right, modules from above.
namespace pion::tool {

/// A map of one measure, or of the suggestions.
struct ModelMap {
  std::string key;
  std::string title;
  std::string meaning;  ///< What is shown.
  std::string words;    ///< What the picture shows, for who does not see it.
  HeatMap map;
};

/// The map of the suggestions, then one for each measure. They show the matrices whose names tell
/// a layer. Where one place has several, such as the experts of a layer, it shows the middle value
/// and the most frequent suggestion.
std::vector<ModelMap> model_maps(const std::vector<PlacedTensor>& tensors,
                                 const std::vector<Measure>& measures);

/// Whether the maps can show the tensor: a matrix in a layer.
bool on_map(const PlacedTensor& tensor);

/// How a page calls the row of a tensor: "t12".
std::string row_id(std::size_t number);

}  // namespace pion::tool
