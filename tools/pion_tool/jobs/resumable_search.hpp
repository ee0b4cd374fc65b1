// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <pion/design/band_loss.hpp>
#include <string>
#include <vector>

namespace pion::tool {

/// What a search has come to: enough to go on from, with the same end.
struct SearchState {
  int trials = 0;
  std::vector<design::Designed> best;
};

/// Calls `advance` until there were `total` trials, with a line on a terminal that says how far it
/// is. Where `file` is not empty the state is kept there, every second, at the end, and atomically,
/// and a search for the same order that finds it goes on from it. The caller removes it once what
/// the search was for is written.
/// \throws io::Error if the file is of another order, or not one of ours.
SearchState search(const nlohmann::ordered_json& order, int total, const std::string& file,
                   const std::function<void(SearchState&)>& advance);

}  // namespace pion::tool
