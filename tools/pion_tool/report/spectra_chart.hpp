// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "pion_tool/chart/svg.hpp"
#include "pion_tool/report/inspection.hpp"
#include "pion_tool/report/module_looks.hpp"
#include "pion_tool/report/place.hpp"

namespace pion::tool {

/// Draws the spectra of the matrices of some files, and the cutoffs of the high-pass filters. The
/// same tensors of two files have the same colour, and other dashes.
/// \param all  the findings of each file.
Chart spectra_chart(const std::vector<std::string>& files,
                    const std::vector<std::vector<Finding>>& all);

/// The modules that have a spectrum, in the order of the tensors.
std::vector<ModuleLook> module_looks(const std::vector<PlacedTensor>& tensors);

/// Draws the spectra for a page, all tensors of a module alike. The line of tensor i has the name
/// "s<i>".
Chart spectra_by_module(const std::vector<PlacedTensor>& tensors,
                        const std::vector<ModuleLook>& looks);

}  // namespace pion::tool
