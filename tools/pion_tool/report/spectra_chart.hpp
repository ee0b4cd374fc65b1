// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "pion_tool/chart/svg.hpp"
#include "pion_tool/report/inspection.hpp"

namespace pion::tool {

/// Draws the spectra of the matrices of some files, and the cutoffs of the high-pass filters. The
/// same tensors of two files have the same colour, and other dashes.
/// \param all  the findings of each file.
Chart spectra_chart(const std::vector<std::string>& files,
                    const std::vector<std::vector<Finding>>& all);

}  // namespace pion::tool
