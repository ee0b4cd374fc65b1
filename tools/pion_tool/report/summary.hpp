// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pion_tool/report/measure.hpp"
#include "pion_tool/report/place.hpp"

namespace pion::tool {

/// What the findings say together, in sentences that can be read aloud: plain text, a paragraph
/// each.
std::vector<std::string> summary(const std::vector<std::string>& files,
                                 const std::vector<PlacedTensor>& tensors,
                                 const std::vector<Measure>& measures);

/// The tensors that were not measured for one reason, by their numbers.
struct Unmeasured {
  std::string reason;
  bool problem;  ///< Something is wrong with them.
  std::vector<std::size_t> tensors;
};

/// Those with a problem first, then the most frequent reason.
std::vector<Unmeasured> unmeasured(const std::vector<PlacedTensor>& tensors);

}  // namespace pion::tool
