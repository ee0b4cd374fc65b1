// SPDX-License-Identifier: Apache-2.0
#include "rlvr/training.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <pion/diagnostics/head_norms.hpp>
#include <pion/diagnostics/snr.hpp>

#include "harness/schedule.hpp"
#include "network/losses.hpp"

namespace pion::rlvr {
namespace {

using experiment::Outcome;
using experiment::Random;
using experiment::Stepper;
using network::Parameter;

constexpr Index digits = 6;
constexpr Index prompt_length = digits + 1;
constexpr Index whole_length = 2 * digits + 1;
constexpr int separator = 10;
constexpr int group = 8;
constexpr int prompts = 8;
constexpr int updates = 2;  // of one rollout

Tokens draw_prompts(int count, int copies, Random& random) {
  Tokens t{prompt_length, {}};
  for (int i = 0; i < count; ++i) {
    std::vector<int> prompt;
    for (Index k = 0; k < digits; ++k) prompt.push_back(random.below(10));
    prompt.push_back(separator);
    for (int c = 0; c < copies; ++c) t.ids.insert(t.ids.end(), prompt.begin(), prompt.end());
  }
  return t;
}

std::vector<int> answer(const Tokens& prompts_, Index sequence) {
  std::vector<int> sorted;
  for (Index k = 0; k < digits; ++k) sorted.push_back(prompts_.at(sequence, k));
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

Tokens with_place(const Tokens& t) {
  Tokens longer{t.length + 1, {}};
  for (Index s = 0; s < t.sequences(); ++s) {
    for (Index k = 0; k < t.length; ++k) longer.ids.push_back(t.at(s, k));
    longer.ids.push_back(0);
  }
  return longer;
}

/// Continues each prompt by as many tokens as it has digits, drawn from the policy.
Tokens respond(Policy<float>& policy, Tokens t, Random& random) {
  for (Index k = 0; k < digits; ++k) {
    const Matrix<float> log_p = network::log_softmax(policy.forward(t));
    Tokens next = with_place(t);
    for (Index s = 0; s < t.sequences(); ++s) {
      const auto column = log_p.col(s * t.length + t.length - 1);
      int chosen = 0;
      double left = random.uniform();
      for (; chosen + 1 < column.size(); ++chosen) {
        left -= std::exp(static_cast<double>(column(chosen)));
        if (left < 0.0) break;
      }
      next.at(s, t.length) = chosen;
    }
    t = std::move(next);
  }
  return t;
}

bool is_right(const Tokens& whole, Index sequence) {
  const std::vector<int> right = answer(whole, sequence);
  for (Index k = 0; k < digits; ++k) {
    if (whole.at(sequence, prompt_length + k) != right[static_cast<std::size_t>(k)]) return false;
  }
  return true;
}

double accuracy(Policy<float>& policy, int count) {
  Random random(5);  // the same prompts for all
  const Tokens whole = respond(policy, draw_prompts(count, 1, random), random);
  int right = 0;
  for (Index s = 0; s < count; ++s) right += is_right(whole, s) ? 1 : 0;
  return static_cast<double>(right) / count;
}

/// The tokens that a policy is fed to say the response in `whole`.
Tokens without_last(const Tokens& whole) {
  Tokens t{whole.length - 1, {}};
  for (Index s = 0; s < whole.sequences(); ++s) {
    for (Index k = 0; k + 1 < whole.length; ++k) t.ids.push_back(whole.at(s, k));
  }
  return t;
}

/// log p of the tokens of a response, from log_softmax of the logits of without_last(whole).
Eigen::VectorXd log_probabilities(const Matrix<float>& log_p, const Tokens& whole, Index s) {
  Eigen::VectorXd out(digits);
  for (Index k = 0; k < digits; ++k) {
    const Index column = s * (whole.length - 1) + prompt_length - 1 + k;
    out(k) = static_cast<double>(log_p(whole.at(s, prompt_length + k), column));
  }
  return out;
}

/// The gradients of minus the mean over sequences of sum_k weights(k, s) log p(token k of s).
void backward(Policy<float>& policy, const Tokens& whole, const Tokens& fed,
              const Matrix<float>& log_p, const Eigen::MatrixXd& weights) {
  Matrix<float> d = Matrix<float>::Zero(log_p.rows(), log_p.cols());
  for (Index s = 0; s < whole.sequences(); ++s) {
    for (Index k = 0; k < digits; ++k) {
      const Index column = s * fed.length + prompt_length - 1 + k;
      const auto w = static_cast<float>(weights(k, s) / static_cast<double>(whole.sequences()));
      d.col(column) = w * log_p.col(column).array().exp().matrix();
      d(whole.at(s, prompt_length + k), column) -= w;
    }
  }
  network::clear_gradients(policy.parameters());
  policy.backward(fed, d);
}

void learn_supervised(Policy<float>& policy, Random& random) {
  const Tokens asked = draw_prompts(prompts * group, 1, random);
  Tokens whole{whole_length, {}};
  for (Index s = 0; s < asked.sequences(); ++s) {
    for (Index k = 0; k < prompt_length; ++k) whole.ids.push_back(asked.at(s, k));
    for (const int digit : answer(asked, s)) whole.ids.push_back(digit);
  }
  const Tokens fed = without_last(whole);
  const Matrix<float> log_p = network::log_softmax(policy.forward(fed));
  const double each = 1.0 / static_cast<double>(digits);
  backward(policy, whole, fed, log_p, Eigen::MatrixXd::Constant(digits, whole.sequences(), each));
}

/// Responses, what they were worth, and how likely they were when they were sampled.
struct Rollout {
  Tokens whole, fed;
  Eigen::VectorXd advantage;
  Eigen::MatrixXd then;
};

Rollout roll_out(Policy<float>& policy, Random& random) {
  Rollout r;
  r.whole = respond(policy, draw_prompts(prompts, group, random), random);
  r.fed = without_last(r.whole);
  r.advantage.resize(r.whole.sequences());
  for (int p = 0; p < prompts; ++p) {
    Eigen::VectorXd rewards(group);
    for (Index i = 0; i < group; ++i) rewards(i) = is_right(r.whole, p * group + i) ? 1.0 : 0.0;
    r.advantage.segment(p * group, group) = advantages(rewards);
  }
  const Matrix<float> log_p = network::log_softmax(policy.forward(r.fed));
  r.then.resize(digits, r.whole.sequences());
  for (Index s = 0; s < r.whole.sequences(); ++s) {
    r.then.col(s) = log_probabilities(log_p, r.whole, s);
  }
  return r;
}

void learn_from(Policy<float>& policy, Objective objective, const Rollout& r) {
  const Matrix<float> log_p = network::log_softmax(policy.forward(r.fed));
  Eigen::MatrixXd weights(digits, r.whole.sequences());
  for (Index s = 0; s < r.whole.sequences(); ++s) {
    weights.col(s) =
        gain(objective, log_probabilities(log_p, r.whole, s), r.then.col(s), r.advantage(s))
            .derivative;
  }
  backward(policy, r.whole, r.fed, log_p, weights);
}

bool is_outside(const Parameter<float>& p) {
  return p.name.find("embed") != p.name.npos || p.name == "lm_head";
}

/// learn() leaves gradients; their SNR, as a mean over the attention projections.
template <class Learn>
double mean_snr(Policy<float>& policy, int batches, const Learn& learn) {
  std::map<std::string, SnrSamples> samples;
  for (int i = 0; i < batches; ++i) {
    learn();
    for (const Parameter<float>* p : policy.parameters()) {
      if (p->heads) samples[p->name].add(p->gradient);
    }
  }
  double sum = 0.0;
  for (const auto& [name, one] : samples) sum += one.estimate().ratio();
  return sum / static_cast<double>(samples.size());
}

}  // namespace

Policy<float> supervised(std::uint64_t seed, const Length& length) {
  Random random(3 * seed);
  Policy<float> policy({}, [&] { return random.normal(); });
  std::vector<Stepper> steppers;
  for (const Parameter<float>* p : policy.parameters()) {
    steppers.emplace_back(experiment::adamw({}).recipe(std::nullopt), p->value.rows(),
                          p->value.cols());
  }
  for (int t = 0; t < length.supervised_steps; ++t) {
    learn_supervised(policy, random);
    std::size_t i = 0;
    for (Parameter<float>* p : policy.parameters()) {
      steppers[i++].step(p->value, p->gradient,
                         0.01 * experiment::cosine_decay(t, length.supervised_steps));
    }
  }
  return policy;
}

double supervised_snr(Policy<float> policy, std::uint64_t seed, const Length& length) {
  Random random(3 * seed + 1);
  return mean_snr(policy, length.batches, [&] { learn_supervised(policy, random); });
}

double policy_gradient_snr(Policy<float> policy, Objective objective, std::uint64_t seed,
                           const Length& length) {
  Random random(3 * seed + 1);
  return mean_snr(policy, length.batches,
                  [&] { learn_from(policy, objective, roll_out(policy, random)); });
}

Outcome reinforce(const Policy<float>& start, Objective objective,
                  const experiment::Contender& contender, const Rates& rates, std::uint64_t seed,
                  const Length& length, Record* record) {
  Random random(3 * seed + 2);
  Policy<float> policy = start;
  std::vector<Stepper> steppers;
  for (const Parameter<float>* p : policy.parameters()) {
    const auto recipe =
        is_outside(*p) ? experiment::adamw({}).recipe(std::nullopt) : contender.recipe(p->heads);
    steppers.emplace_back(recipe, p->value.rows(), p->value.cols());
  }
  Outcome outcome;
  const auto look = [&] {
    outcome.curve.push_back(accuracy(policy, length.questions));
    if (record == nullptr) return;
    record->snr.push_back(policy_gradient_snr(policy, objective, seed, length));
  };
  look();
  const int every = std::max(1, length.rounds / length.evaluations);
  for (int t = 0; t < length.rounds; ++t) {
    const Rollout r = roll_out(policy, random);
    for (int u = 0; u < updates; ++u) {
      learn_from(policy, objective, r);
      std::size_t i = 0;
      for (Parameter<float>* p : policy.parameters()) {
        const double rate = is_outside(*p) ? rates.adamw : rates.rule;
        steppers[i++].step(p->value, p->gradient, rate);
      }
    }
    if ((t + 1) % every == 0) look();
  }
  outcome.loss = 1.0 - outcome.curve.back();
  const auto parameters = policy.parameters();
  outcome.update_rms =
      experiment::update_rms(steppers, [&](auto at) { return !is_outside(*parameters[at]); });
  if (record == nullptr) return outcome;

  Policy<float> before = start;
  const network::Parameters<float> old = before.parameters();
  double projections = 0.0, squares = 0.0;
  std::size_t i = 0;
  for (const Parameter<float>* p : policy.parameters()) {
    const Matrix<float>& w = old[i++]->value;
    if (!is_outside(*p)) squares += static_cast<double>((p->value - w).squaredNorm());
    if (p->name.find("q_proj") == p->name.npos) continue;
    const Spread norms = spread(head_norms(w, *p->heads));
    const Spread moved = spread(head_norms(p->value - w, *p->heads));
    record->before += norms.variance;
    record->update += moved.mean > 0.0 ? moved.variance / (moved.mean * moved.mean) : 0.0;
    ++projections;
  }
  record->before /= projections;
  record->update /= projections;
  record->distance = std::sqrt(squares);
  return outcome;
}

}  // namespace pion::rlvr
