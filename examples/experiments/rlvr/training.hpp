// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "harness/contender.hpp"
#include "harness/random.hpp"
#include "harness/search.hpp"
#include "rlvr/objective.hpp"
#include "rlvr/policy.hpp"

/// The task: six digits and a separator, to be answered by the digits in ascending order. A
/// response is rewarded with 1 if it is right from end to end, else with 0.
namespace pion::rlvr {

struct Length {
  int supervised_steps = 60;
  int rounds = 100;  ///< Of rollout, scoring and two updates.
  int evaluations = 5;
  int questions = 1024;  ///< Of an evaluation.
  int batches = 16;      ///< Over which an SNR is taken.
};

/// A policy after supervised training with AdamW, stopped while it is right one time in four.
Policy<float> supervised(std::uint64_t seed, const Length& length);

/// SNR of the gradients of the attention projections, a mean over these: supervised on 64 sequences
/// and by policy gradient on 64 responses, at the same weights.
double supervised_snr(Policy<float> policy, std::uint64_t seed, const Length& length);
double policy_gradient_snr(Policy<float> policy, Objective objective, std::uint64_t seed,
                           const Length& length);

struct Rates {
  double adamw;  ///< Of embeddings and the output layer.
  double rule;   ///< Of all other matrices.
};

/// What is looked at on the way, where asked.
struct Record {
  std::vector<double> snr;  ///< policy_gradient_snr() at every evaluation, and at the start.
  double before = 0.0;      ///< Var over heads of ||W_Q,h||_F, mean of the layers.
  /// The same of the update ||W*_Q,h - W_Q,h||_F, over its squared mean: free of the update's size.
  double update = 0.0;
  double distance = 0.0;  ///< ||W* - W||_F over all matrices of the rule.
};

/// Goes on from `start` by reinforcement. The accuracy is that of answers drawn from the policy, to
/// the same prompts every time. The loss is 1 - accuracy at the end; the curve has the accuracy at
/// the start and at every evaluation.
experiment::Outcome reinforce(const Policy<float>& start, Objective objective,
                              const experiment::Contender& contender, const Rates& rates,
                              std::uint64_t seed, const Length& length, Record* record = nullptr);

}  // namespace pion::rlvr
