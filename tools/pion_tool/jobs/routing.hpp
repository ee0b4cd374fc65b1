// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pion_tool/cli/head_options.hpp"
#include "pion_tool/io/matrix_parts.hpp"
#include "pion_tool/io/tensor.hpp"

namespace pion::tool {

/// Which optimiser a parameter gets, and what it costs.
struct Route {
  io::TensorInfo tensor;
  std::string module;     ///< "vision", "language" or "action".
  std::string optimizer;  ///< The label of the rule; empty where the tensor is not trained.
  std::string why;
  std::uint64_t parameters = 0;
  std::uint64_t state_bytes = 0;  ///< What the optimiser remembers of it, in float32.
};

/// Routes a model by one of the library's assignments (optimizer/routing/assignments.hpp), "muon",
/// "vla" or "rlvr", or by the rules of a file. A stack of matrices is routed as one of them.
///
/// The file is a JSON object with a list "rules", of objects with "optimizer" ("adamw", "muon",
/// "pion", "sgd"), for pion "kp", and conditions that all must hold: "names" and "except" (lists of
/// patterns), "modules" (a list), "dimensions" ("two" or "other"), "embeddings" (true: these,
/// output layers and tables; false: all others).
///
/// \param heads  needed for "rlvr".
/// \throws io::Error about an assignment that is not known, a file that is wrong, or a parameter
///         that no rule claims, or two do.
std::vector<Route> route(const std::vector<io::TensorInfo>& tensors, const std::string& assignment,
                         const HeadOptions& heads, const io::PartPatterns& patterns);

}  // namespace pion::tool
