// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "pion_tool/report/measure.hpp"
#include "pion_tool/report/place.hpp"

namespace pion::tool {

/// The table of all tensors of a page, as HTML. The page's script makes of a title a button that
/// sorts, but of one that is unsorted. It finds in a row: the row's name, t<i> for tensor i; the
/// optimiser, data-optimiser; the layer, data-layer; a box that switches the spectrum of tensor i,
/// with the value i. A cell that sorts otherwise than by its text has data-sort.
std::string tensor_table(const std::vector<std::string>& files,
                         const std::vector<PlacedTensor>& tensors,
                         const std::vector<Measure>& measures);

}  // namespace pion::tool
