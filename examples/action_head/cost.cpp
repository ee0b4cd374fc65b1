// SPDX-License-Identifier: Apache-2.0
#include "action_head/cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "experiment/contender.hpp"
#include "experiment/random.hpp"

namespace pion::action_head {

std::string cost_csv(const std::vector<int>& widths) {
  constexpr int rounds = 5;
  const experiment::Momenta m;
  std::string out = "width,optimiser,seconds\n";
  for (const int width : widths) {
    experiment::Random random(1);
    const Eigen::MatrixXf gradient = random.gaussian(width, width);
    for (const experiment::Contender& c :
         {experiment::adamw(m), experiment::muon(m), experiment::pion(m, 2),
          experiment::low_rank_muon(m, 8), experiment::above_noise(m)}) {
      experiment::Stepper stepper(c.recipe(std::nullopt), width, width);
      Eigen::MatrixXf weights = gradient;
      double least = 1e9;
      for (int i = 0; i < rounds; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        stepper.step(weights, gradient, 0.01);
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
        least = std::min(least, passed.count());
      }
      out += fmt::format("{},{},{:.3g}\n", width, c.name, least);
    }
  }
  return out;
}

}  // namespace pion::action_head
