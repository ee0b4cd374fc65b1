// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/contender.hpp"
#include "harness/search.hpp"
#include "harness/statistics.hpp"

namespace pion::experiment {

/// What one contender came to at its best learning rate.
struct Result {
  std::string name;
  Tuned tuned;
  Estimate loss;
  Estimate ratio;  ///< To the loss of the contender that all are compared with, seed by seed.
};

/// Fills in the ratios. \throws std::invalid_argument if no result has that name.
void compare_with(const std::string& name, std::vector<Result>& results);

/// The place of the least mean loss.
std::size_t best_of(const std::vector<Result>& results);

/// Whether a result is no worse than another within the 95% interval of their ratio.
bool ties_with(const Result& result, const Result& best);

/// "optimiser,rate,at_edge,seeds,loss,loss_low,loss_high,ratio,ratio_low,ratio_high" and the same
/// of a result, to be joined to what the experiment puts in front. A loss without a mean is "inf".
std::string csv_titles();
std::string csv(const Result& result);

}  // namespace pion::experiment
