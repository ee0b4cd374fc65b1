// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/contender.hpp"
#include "harness/search.hpp"
#include "harness/statistics.hpp"
#include "pion_tool/cli/progress.hpp"

/// What an optimiser comes to at each learning rate, and what three protocols make of it.
namespace pion::rates {

/// One of those that are compared.
struct Entry {
  experiment::Contender contender;
  /// The layers outside (embeddings, output) have AdamW at this very rate, as in Fan et al. 2026;
  /// else at the rate that is best for AdamW everywhere.
  bool one_rate = false;
};

/// A task on which all are compared.
struct Problem {
  std::string name;
  std::string loss;            ///< What counts, for the picture's axis.
  std::vector<Entry> entries;  ///< AdamW first, with one rate.
  std::function<experiment::Outcome(const experiment::Contender& contender, double rate,
                                    double outside, std::uint64_t seed)>
      run;
  double untrained = 1.0;  ///< The loss before the first step.
  double top = 1.0;        ///< Of the picture.
  bool logarithmic = false;
};

struct Point {
  double rate = 0.0;
  experiment::Estimate loss;  ///< A run that diverged counts as untrained, or as worse.
  double update_rms = 0.0;    ///< Root mean square of the updates' entries; mean of the seeds.
};

struct Curve {
  std::string name;
  bool one_rate = false;
  std::vector<Point> points;  ///< Rates ascending.
};

/// Every entry at every rate; AdamW's best is the rate outside of those that come after it.
std::vector<Curve> scan(const Problem& problem, const std::vector<double>& rates,
                        const experiment::SearchOptions& options, tool::Progress& progress);

/// The place of the least loss.
const Point& best_of(const Curve& curve);

/// The loss where the updates have that size, linear in its logarithm between the two points about
/// it, on the side of the smaller rates; NaN outside of what was tried.
double loss_at_rms(const Curve& curve, double rms);

/// "problem,optimiser,one_rate,rate,update_rms,loss,loss_low,loss_high": a line for each point.
std::string csv(const Problem& problem, const std::vector<Curve>& curves);
std::string csv_titles();

/// A line for each optimiser: its best rate, its loss and its updates there; the rate from which on
/// it is no better than untrained; its loss at AdamW's best rate, and at the updates' size there.
std::string protocols_csv(const Problem& problem, const std::vector<Curve>& curves);
std::string protocols_titles();

/// The loss over the rate and, below it, over the size of the updates.
std::string over_rate_svg(const Problem& problem, const std::vector<Curve>& curves);
std::string over_rms_svg(const Problem& problem, const std::vector<Curve>& curves);

}  // namespace pion::rates
