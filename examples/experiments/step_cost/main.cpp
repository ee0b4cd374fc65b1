// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "harness/command.hpp"
#include "pion_tool/cli/progress.hpp"
#include "pion_tool/io/atomic_file.hpp"
#include "regime/task.hpp"

/// What a step of each rule costs (Fan et al. 2026, Fig. 1c), on the way of a matrix of rank 4 that
/// is learned from gradients with SNR .1: rules that compress begin where the last step ended.
namespace pion::step_cost {
namespace {

using experiment::Contender;
using regime::Training;

/// Contenders, and how they are applied.
std::vector<std::pair<Contender, const char*>> contenders() {
  const experiment::Momenta m{0.9, 0.9, 0.99};
  return {{adamw(m), "entry by entry"},
          {muon(m), "dense"},
          {experiment::pion(m, 2), "dense"},
          {pion_within(m, 2), "compressed"},
          {low_rank_muon(m, 4), "SVD"},
          {low_rank_muon(m, 4, Method::automatic), "compressed"},
          {adaptive_rank(m, 0.1, Method::svd), "SVD"},
          {adaptive_rank(m, 0.1, Method::automatic), "compressed"},
          {above_noise(m, Method::svd), "SVD"},
          {above_noise(m, Method::automatic), "compressed"}};
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void run(const experiment::Options& o) {
  const std::vector<Eigen::Index> widths =
      o.quick ? std::vector<Eigen::Index>{40} : std::vector<Eigen::Index>{64, 256, 512, 1024};
  const int steps = o.quick ? 3 : 40;
  tool::Progress progress(widths.size() * contenders().size());
  std::string out = "width,optimiser,method,milliseconds,compressed\n";
  for (const Eigen::Index width : widths) {
    const regime::Task task({width, width, 4, 0.1, 1.0}, 0);
    for (const auto& [contender, method] : contenders()) {
      progress.step(fmt::format("{}: {}, {}", width, contender.name, method));
      const Training training = task.train(contender, contender.rate, steps);
      out += fmt::format("{},{},{},{:.3g},{:.3g}\n", width, contender.name, method,
                         1e3 * median(training.seconds), training.compressed);
    }
    io::write_text(o.output + "/step_cost.csv", out);
  }
}

}  // namespace
}  // namespace pion::step_cost

int main(int argc, char** argv) {
  return pion::experiment::run_command(argc, argv, "step_cost",
                                       "Times a step of every optimiser, on one thread.",
                                       pion::step_cost::run);
}
