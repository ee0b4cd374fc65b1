// SPDX-License-Identifier: Apache-2.0
#include "action_head/training.hpp"

#include <algorithm>
#include <limits>
#include <pion/diagnostics/snr.hpp>
#include <pion/diagnostics/spectrum.hpp>
#include <pion/optimizer/routing/router.hpp>

#include "harness/schedule.hpp"
#include "network/losses.hpp"

namespace pion::action_head {
namespace {

using experiment::Outcome;
using experiment::Random;
using experiment::Stepper;
using network::Parameter;

using Router = optimizer::Router<float>;

constexpr Index width = 64;
constexpr Index batch = 64;
constexpr double train_part = 0.7;
constexpr float tolerance = 0.25F;
constexpr int integration_steps = 10;

const std::vector<std::string> outside = {"*embed*", "*lm_head*"};

optimizer::Parameter described(const Parameter<float>& p) {
  return {p.name, {p.value.rows(), p.value.cols()}, p.module};
}

/// Rules are labelled by the module that they are for, or "outside".
Router router_of(const Assignment& a) {
  using optimizer::Dimensions;
  Router router;
  router.add("outside", {{outside, {}, {}, Dimensions::two}},
             experiment::adamw({}).recipe(std::nullopt));
  for (const auto& [module, contender] :
       {std::pair{"vision", &a.vision}, {"language", &a.language}, {"action", &a.action}}) {
    router.add(module, {{{}, outside, {module}, Dimensions::two}}, contender->recipe(std::nullopt));
  }
  return router;
}

double rate_of(const std::string& label, const Rates& rates) {
  if (label == "vision") return rates.vision;
  if (label == "language") return rates.language;
  return label == "action" ? rates.action : rates.adamw;
}

/// Points on the straight way from noise to the actions at random times; the velocities are the
/// target (A2).
Matrix<float> put_on_the_way(Question<float>& q, const Matrix<float>& actions, Random& random) {
  const Matrix<float> noise = random.gaussian(actions.rows(), actions.cols());
  q.times = Matrix<float>::NullaryExpr(1, actions.cols(),
                                       [&] { return static_cast<float>(random.uniform()); });
  q.points = actions * q.times.row(0).asDiagonal() +
             noise * (1.0F - q.times.row(0).array()).matrix().asDiagonal();
  return actions - noise;
}

/// The batch that a step learns from, and the loss's gradients on it.
void learn_from_batch(Policy<float>& policy, Head head, const Task& task, Random& random) {
  Matrix<float> target;
  Question<float> q = task.ask(false, random, target);
  if (head == Head::flow_matching) target = put_on_the_way(q, target, random);
  const Matrix<float> prediction = policy.forward(q);
  const auto loss = head == Head::regression ? network::l1_loss(prediction, target)
                                             : network::squared_loss(prediction, target);
  network::clear_gradients(policy.parameters());
  policy.backward(q, loss.derivative);
}

/// Of the velocity field: from noise to actions, by Euler's method.
Matrix<float> integrate(Policy<float>& policy, Question<float> q, Random& random) {
  const Index n = q.images.cols();
  q.points = random.gaussian(action_size, n);
  for (int i = 0; i < integration_steps; ++i) {
    q.times = Matrix<float>::Constant(1, n, static_cast<float>(i) / integration_steps);
    q.points += policy.forward(q) / integration_steps;
  }
  return q.points;
}

struct Score {
  double error = 0.0;
  double success = 0.0;
};

Score evaluate(Policy<float>& policy, Head head, const Task& task) {
  Random random(7);  // the same questions whatever was trained
  Matrix<float> actions;
  const Question<float> q = task.ask(true, random, actions);
  const Matrix<float> given =
      head == Head::regression ? policy.forward(q) : integrate(policy, q, random);
  const Matrix<float> away = (given - actions).cwiseAbs();
  const auto hits = (away.colwise().maxCoeff().array() <= tolerance).count();
  return {static_cast<double>(away.mean()),
          static_cast<double>(hits) / static_cast<double>(away.cols())};
}

/// Spectra of the gradient of a batch, and the SNR over eight, module by module.
void look(Policy<float>& policy, Head head, const Task& task, int step, std::vector<Sight>& out) {
  constexpr int samples = 8;
  Random random(11);
  std::map<std::string, SnrSamples> snr;
  for (int i = 0; i < samples; ++i) {
    learn_from_batch(policy, head, task, random);
    for (const Parameter<float>* p : policy.parameters()) snr[p->name].add(p->gradient);
  }
  const Router modules =
      router_of({"", experiment::adamw({}), experiment::adamw({}), experiment::adamw({})});
  for (const char* module : {"vision", "language", "action"}) {
    Sight s{step, module};
    double count = 0.0;
    for (const Parameter<float>* p : policy.parameters()) {
      if (modules.label(described(*p)) != module) continue;
      const Spectrum spectrum = pion::spectrum(p->gradient);
      s.effective_rank += spectrum.effective_rank();
      s.stable_rank += spectrum.stable_rank();
      s.concentration += spectrum.concentration();
      s.snr += snr[p->name].estimate().ratio();
      ++count;
    }
    for (double* mean : {&s.effective_rank, &s.stable_rank, &s.concentration, &s.snr}) {
      *mean /= count;
    }
    out.push_back(s);
  }
}

}  // namespace

Task::Task(const Digits& digits) : digits_(digits) {
  Random random(3);
  digit_codes_ = random.gaussian(action_size, 10);
  instruction_codes_ = random.gaussian(action_size, instructions);
}

Question<float> Task::ask(bool test, Random& random, Matrix<float>& actions) const {
  const auto all = static_cast<int>(digits_.labels.size());
  const int trained = static_cast<int>(train_part * all);
  const Index n = test ? all - trained : batch;
  Question<float> q;
  q.images.resize(digits_.images.rows(), n);
  q.instructions.setZero(instructions, n);
  actions.resize(action_size, n);
  for (Index j = 0; j < n; ++j) {
    const int image = test ? trained + static_cast<int>(j) : random.below(trained);
    const int instruction = random.below(instructions);
    q.images.col(j) = digits_.images.col(image);
    q.instructions(instruction, j) = 1.0F;
    actions.col(j) = digit_codes_.col(digits_.labels[static_cast<std::size_t>(image)])
                         .cwiseProduct(instruction_codes_.col(instruction));
  }
  return q;
}

Outcome train(const Task& task, Head head, const Assignment& assignment, const Rates& rates,
              std::uint64_t seed, const Length& length, std::vector<Sight>* sights) {
  Random random(seed);
  Policy<float> policy(width, Task::instructions, [&] { return random.normal(); });
  const Router router = router_of(assignment);
  std::vector<Stepper> steppers;
  std::vector<double> peak;
  std::vector<bool> by_rule;
  for (const Parameter<float>* p : policy.parameters()) {
    steppers.emplace_back(router.recipe(described(*p)), p->value.rows(), p->value.cols());
    const std::string label = router.label(described(*p));
    peak.push_back(rate_of(label, rates));
    by_rule.push_back(label != "outside");
  }

  Outcome outcome;
  const int every = std::max(1, length.steps / length.evaluations);
  Score score;
  for (int t = 0; t < length.steps; ++t) {
    if (sights != nullptr && t % every == 0) look(policy, head, task, t, *sights);
    learn_from_batch(policy, head, task, random);
    std::size_t i = 0;
    for (Parameter<float>* p : policy.parameters()) {
      const double rate = peak[i] * experiment::cosine_decay(t, length.steps);
      steppers[i++].step(p->value, p->gradient, rate);
    }
    if ((t + 1) % every == 0) {
      score = evaluate(policy, head, task);
      if (!(score.error < 1e3)) score = {std::numeric_limits<double>::infinity(), 0.0};
      outcome.curve.push_back(score.error);
    }
  }
  outcome.loss = score.error;
  outcome.curve.push_back(score.success);
  outcome.update_rms = experiment::update_rms(steppers, [&](auto i) { return by_rule[i]; });
  return outcome;
}

std::string describe(const Assignment& assignment) {
  Policy<float> policy(width, Task::instructions, [] { return 0.0F; });
  std::vector<optimizer::Parameter> parameters;
  for (const Parameter<float>* p : policy.parameters()) parameters.push_back(described(*p));
  return router_of(assignment).print(parameters);
}

}  // namespace pion::action_head
