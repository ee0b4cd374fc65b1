// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/filter/chains.hpp>
#include <pion/optimizer/parts/input_transforms.hpp>
#include <pion/optimizer/parts/variance_reduction.hpp>
#include <pion/optimizer/presets/filtering.hpp>

/// The published optimisers that estimate the gradient better, or guard the rule from its outliers.
namespace pion::optimizer::presets {

/// Muon-MVR1 (Chang, Liu and Yuan 2025): the gradient is corrected by its change since the last
/// step, each on its own batch; rate 3e-3, gamma .025 (.1 on CIFAR). State: two matrices. Copies of
/// the code take 3 or 5 Newton-Schulz steps. The clip is per matrix, as in MARS, and the theory
/// does not have it. It is not Nesterov's momentum.
template <class Orth = Filtered>
auto muon_mvr1(double gamma = 0.025, const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Sequence{VarianceReduced{gamma, 0.95}, Ema{0.95}}, SqrtMaxScale{0.2},
                DecoupledDecay{}};
}

/// Muon-MVR2: the same with the gradient of this step's batch at the weights before the last step,
/// which the caller finds by a second backward pass and gives in StepInputs::previous_gradient; in
/// the first step a matrix of zeros. State: the momentum.
template <class Orth = Filtered>
auto muon_mvr2(double gamma = 0.025, const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Sequence{VarianceReduced{gamma, 0.95, Previous::given}, Ema{0.95}},
                SqrtMaxScale{0.2}, DecoupledDecay{}};
}

/// MARS-M (2025): Muon-MVR1 with a decay.
template <class Orth = Filtered>
auto mars_m(double gamma = 0.025, const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Sequence{VarianceReduced{gamma, 0.95}, Ema{0.95}}, SqrtMaxScale{0.2},
                DecoupledDecay{0.1}};
}

/// ROOT (2025), as its code has it: outliers of the Nesterov input are clipped at the .9 quantile
/// of the entries' sizes; the momentum keeps them. Rate 1e-3, decay .1. State: the momentum. The
/// steps of the code depend on the shape: chains::root(rows, cols). The paper clips the momentum at
/// a fixed size, without Nesterov, decay or scale.
template <class Orth = Filtered>
auto root(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Sequence{HeavyBall{0.95, true}, ClipAtQuantile{}}, SqrtMaxScale{0.2},
                DecoupledDecay{0.1}};
}

}  // namespace pion::optimizer::presets
