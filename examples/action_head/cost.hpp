// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace pion::action_head {

/// The time of one step of each rule on a square matrix (Fan et al. 2026, Fig. 1c): "width,
/// optimiser,seconds" in lines, the least of several rounds, on one thread.
std::string cost_csv(const std::vector<int>& widths);

}  // namespace pion::action_head
