// SPDX-License-Identifier: Apache-2.0
#include "harness/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <pion/detail/check.hpp>

namespace pion::experiment {

void compare_with(const std::string& name, std::vector<Result>& results) {
  const auto is = [&](const Result& r) { return r.name == name; };
  const auto one = std::find_if(results.begin(), results.end(), is);
  if (one == results.end()) detail::refuse_argument("compare_with: no result is named " + name);
  const std::vector<double> losses = one->tuned.losses();
  for (Result& r : results) {
    r.loss = mean_of(r.tuned.losses());
    r.ratio = ratio_of(r.tuned.losses(), losses);
  }
}

std::size_t best_of(const std::vector<Result>& results) {
  const auto less = [](const Result& a, const Result& b) { return a.loss.mean < b.loss.mean; };
  return static_cast<std::size_t>(std::min_element(results.begin(), results.end(), less) -
                                  results.begin());
}

bool ties_with(const Result& result, const Result& best) {
  return ratio_of(result.tuned.losses(), best.tuned.losses()).low <= 1.0;
}

std::string csv_titles() {
  return "optimiser,rate,at_edge,seeds,loss,loss_low,loss_high,ratio,ratio_low,ratio_high";
}

std::string csv(const Result& r) {
  return fmt::format("{},{:.4g},{:d},{},{:.5g},{:.5g},{:.5g},{:.5g},{:.5g},{:.5g}", r.name,
                     r.tuned.rate, r.tuned.at_edge, r.tuned.outcomes.size(), r.loss.mean,
                     r.loss.low, r.loss.high, r.ratio.mean, r.ratio.low, r.ratio.high);
}

}  // namespace pion::experiment
