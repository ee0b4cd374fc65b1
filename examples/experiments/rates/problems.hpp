// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/command.hpp"
#include "rates/curves.hpp"

namespace pion::rates {

/// Places of the regime map, the action head by regression, and reinforcement by GRPO.
std::vector<Problem> problems(const experiment::Options& options);

}  // namespace pion::rates
