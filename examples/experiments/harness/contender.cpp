// SPDX-License-Identifier: Apache-2.0
#include "harness/contender.hpp"

#include <pion/design/low_pass.hpp>
#include <pion/filter/chains.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/presets/low_rank.hpp>
#include <pion/optimizer/presets/within.hpp>
#include <sstream>
#include <utility>

namespace pion::experiment {
namespace {

using namespace optimizer;
using optimizer::Recipe;

template <class Rule, class Momentum>
Contender contender(std::string name, double rate, const Rule& rule, const Momentum& momentum) {
  const Recipe recipe{rule, momentum, Unscaled{}, DecoupledDecay{0.0}};
  return {std::move(name), rate, [recipe](const std::optional<Heads>&) { return recipe; }};
}

Contender per_head(std::string name, double rate, const Filter& filter, const HeavyBall& momentum) {
  return {
      std::move(name), rate,
      [filter, momentum](const std::optional<Heads>& heads) -> experiment::Recipe {
        if (!heads) return Recipe{Filtered{filter}, momentum, Unscaled{}, DecoupledDecay{}};
        return Recipe{FilteredPerHead<>{filter, *heads}, momentum, Unscaled{}, DecoupledDecay{}};
      }};
}

}  // namespace

StepInfo Stepper::step(Eigen::MatrixXf& weights, const Eigen::MatrixXf& gradient, double rate) {
  const Index rows = weights.rows();
  const Index cols = weights.cols();
  const StepInfo info =
      recipe_.step(any_map(weights.data(), rows, cols, 1, rows),
                   any_map(gradient.data(), rows, cols, 1, rows), rate, state_, workspace_);
  squares_ += info.update_norm * info.update_norm;
  entries_ += static_cast<double>(rows * cols);
  return info;
}

Contender sgd(const Momenta& m) {
  return contender("SGD", 0.03, Identity{}, HeavyBall{m.momentum});
}

Contender adamw(const Momenta& m) {
  return contender("AdamW", 0.003, Identity{}, RmsNormalized{m.beta1, m.beta2});
}

Contender muon(const Momenta& m) {
  return contender("Muon", 0.03, Filtered{{chains::muon()}}, HeavyBall{m.momentum});
}

Contender muon_per_head(const Momenta& m) {
  return per_head("Muon per head", 0.03, {chains::muon()}, HeavyBall{m.momentum});
}

Contender pion(const Momenta& m, int promotions) {
  return contender("Pion kp=" + std::to_string(promotions), 0.1,
                   Filtered{{chains::high_pass(promotions)}}, HeavyBall{m.momentum});
}

Contender pion_per_head(const Momenta& m, int promotions) {
  return per_head("Pion kp=" + std::to_string(promotions) + " per head", 0.1,
                  {chains::high_pass(promotions)}, HeavyBall{m.momentum});
}

Contender low_pass_muon(const Momenta& m) {
  return contender("LPMuon", 0.03, Filtered{{chains::low_pass(0.5)}}, HeavyBall{m.momentum});
}

Contender low_rank_muon(const Momenta& m, int rank, Method how) {
  return contender("LRMuon k=" + std::to_string(rank), 0.1,
                   PolarFactor{Leading{rank}, Tolerance{1e-4, how}}, HeavyBall{m.momentum});
}

Contender above_noise(const Momenta& m, Method how) {
  return contender("AboveNoise", 0.1, PolarFactor{AboveNoise{}, Tolerance{1e-3, how}},
                   HeavyBall{m.momentum});
}

Contender above_noise_or_all(const Momenta& m) {
  return contender("AboveNoise or all", 0.1, PolarFactor{AboveNoise{NothingStandsOut::keep_all}},
                   HeavyBall{m.momentum});
}

Contender adaptive_rank(const Momenta& m, double tau, Method how) {
  std::ostringstream name;
  name << "sigma > " << tau;
  return contender(name.str(), 0.1, PolarFactor{AtLeast{tau}, Tolerance{1e-3, how}},
                   HeavyBall{m.momentum});
}

Contender pion_within(const Momenta& m, int promotions) {
  return contender("Pion kp=" + std::to_string(promotions), 0.1,
                   FilteredWithin{{chains::high_pass(promotions)}, {1e-4}}, HeavyBall{m.momentum});
}

}  // namespace pion::experiment
