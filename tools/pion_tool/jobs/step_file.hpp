// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <pion/optimizer/step.hpp>
#include <string>
#include <vector>

#include "pion_tool/recipes/catalogue.hpp"

namespace pion::tool {

/// One parameter that is to be stepped through one gradient after another.
struct StepRequest {
  std::string weight;                  ///< A file with one tensor.
  std::vector<std::string> gradients;  ///< Files with one tensor, or with one of the weight's name.
  std::string output;
  double learning_rate = 0.0;
  std::vector<double> losses;     ///< One for each gradient, or none.
  std::string state, save_state;  ///< Files; empty for none.
};

/// What became of it.
struct StepReport {
  std::vector<optimizer::StepInfo> steps;
  std::uint64_t state_bytes = 0;
};

/// Steps the weight in the scalar that its file has (16-bit types in float, each step rounded), and
/// writes it in that scalar; and the state before it, so that where the weight is there, its state
/// is too. A step that is refused changes nothing, and the next one follows.
/// \throws io::Error that names the file at fault; nothing is written then.
StepReport step_file(const recipes::MadeRecipe& recipe, const StepRequest& request);

}  // namespace pion::tool
