// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/study.hpp"
#include "pion_tool/chart/svg.hpp"

/// One look for all pictures: an optimiser has the same colour everywhere.
namespace pion::experiment {

/// By the name of a contender; Pion's are shades of green, darker for more promotion steps.
std::string colour_of(const std::string& contender);

/// The colour #rrggbb mixed with white, for text to be read on it.
std::string tint(const std::string& colour);

/// The mean of the outcomes' curves over x, in a band that is its 95% interval.
tool::Series curve_of(const Result& result, const std::vector<double>& x);

}  // namespace pion::experiment
