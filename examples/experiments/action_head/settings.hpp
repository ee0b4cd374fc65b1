// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "action_head/training.hpp"
#include "harness/study.hpp"
#include "pion_tool/cli/progress.hpp"

namespace pion::action_head {

/// An assignment at its best learning rate. The result's name is the assignment's; its ratio is to
/// "S8", Muon everywhere.
struct Setting {
  Assignment assignment;
  Rates rates;
  experiment::Result result;
};

/// The nine settings of Table A6 (Pion with kp = 2), and the other rules on the action head beside
/// Muon on vision and language, named "action: X".
///
/// AdamW's rate is found in S1 and Muon's in S8, and both stay what they are beside another rule;
/// what a setting changes, its own rule, gets a search of its own.
std::vector<Setting> compete(const Task& task, Head head, const Length& length,
                             const experiment::SearchOptions& options, tool::Progress& progress);

/// How many searches that is.
std::size_t searches();

}  // namespace pion::action_head
