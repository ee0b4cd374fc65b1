// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "action_head/digits.hpp"
#include "action_head/policy.hpp"
#include "harness/contender.hpp"
#include "harness/random.hpp"
#include "harness/search.hpp"

namespace pion::action_head {

enum class Head { regression, flow_matching };

/// Which rule the matrices of each module have; embeddings and the output layer have AdamW
/// (Fan et al. 2026, Table A6).
struct Assignment {
  std::string name;
  experiment::Contender vision, language, action;
};

struct Rates {
  double adamw, vision, language, action;
};

/// What is learned: under instruction c a picture of the digit d asks for the action
/// digit_codes.col(d) times instruction_codes.col(c), entry by entry.
class Task {
 public:
  static constexpr int instructions = 8;

  explicit Task(const Digits& digits);

  /// Images drawn from the training part, or (`test`) all of the rest; instructions drawn.
  Question<float> ask(bool test, experiment::Random& random, Matrix<float>& actions) const;

 private:
  const Digits& digits_;
  Matrix<float> digit_codes_, instruction_codes_;
};

struct Length {
  int steps = 300;
  int evaluations = 6;
};

/// A spectrum seen on the way.
struct Sight {
  int step = 0;
  std::string module;
  double effective_rank = 0.0;  ///< Means over the matrices of the module.
  double stable_rank = 0.0;
  double concentration = 0.0;
  double snr = 0.0;  ///< Of a batch, over 8 batches at the same weights.
};

/// Trains the policy of that seed. The loss is the mean |error| of an entry of the action on the
/// test images (by flow matching: integrated from noise in ten steps); the curve has it at every
/// evaluation, then the share of test actions no entry of which is off by more than a quarter.
/// \param sights  where given, receives the gradients' spectra at every evaluation.
experiment::Outcome train(const Task& task, Head head, const Assignment& assignment,
                          const Rates& rates, std::uint64_t seed, const Length& length,
                          std::vector<Sight>* sights = nullptr);

/// A line for each parameter of the policy: its shape, module and rule.
std::string describe(const Assignment& assignment);

}  // namespace pion::action_head
