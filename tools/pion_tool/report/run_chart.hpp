// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "pion_tool/chart/svg.hpp"
#include "pion_tool/report/module_looks.hpp"
#include "pion_tool/report/run_measures.hpp"

namespace pion::tool {

/// Draws a measure over the steps, a line for each layer and a band for what was sketched. A scale
/// that should be logarithmic is linear where no value is above 0. The line of layer i has the name
/// "<key>-<i>", and the chart its key for a clipping path.
/// \param looks    how the layers of each module look; their lines are numbers in `layers`.
/// \param resumed  the steps at which the run went on.
Chart run_chart(const RunMeasure& measure, const std::vector<RunLayer>& layers,
                const std::vector<ModuleLook>& looks, const std::vector<std::int64_t>& resumed);

}  // namespace pion::tool
