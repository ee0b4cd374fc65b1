// SPDX-License-Identifier: Apache-2.0
#include "rates/problems.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "action_head/training.hpp"
#include "harness/parallel.hpp"
#include "harness/published.hpp"
#include "regime/task.hpp"
#include "rlvr/training.hpp"

namespace pion::rates {
namespace {

using experiment::Contender;
using experiment::Momenta;
using experiment::Outcome;

/// The scales of the released code: .2 sqrt(max) for Muon and for Pion on action heads, 5 sqrt(max)
/// for Pion under reinforcement, by the shape of a head where there are heads; kp = 0 in all.
Entry released(const char* name, const char* recipe) {
  return {experiment::published(name, 0.01, recipe), true};
}

std::vector<Entry> entries(const Momenta& m) {
  std::vector<Entry> all = {{experiment::adamw(m), true}, {experiment::muon(m)}};
  for (const int kp : {0, 1, 2, 4}) all.push_back({experiment::pion(m, kp)});
  all.push_back({experiment::low_pass_muon(m)});
  all.push_back({experiment::above_noise(m)});
  for (Contender& c : experiment::newer(m)) all.push_back({std::move(c)});
  all.push_back(released("Muon as released", "muon_torch_rms:weight_decay=0.01"));
  return all;
}

Problem map_problem(const regime::Regime& r) {
  Problem p{fmt::format("map rank {} SNR {:g}", r.rank, r.snr),
            "error",
            entries({0.9, 0.9, 0.99}),
            {},
            1.0,
            2.0,
            true};
  p.entries.push_back(released("Pion as released", "pion_vla:weight_decay=0.01"));
  p.run = [r](const Contender& c, double rate, double, std::uint64_t seed) {
    regime::Training run = regime::Task(r, seed).train(c, rate);
    const double last = run.errors.back();
    return Outcome{last, {}, 0.0, run.update_rms};
  };
  return p;
}

Problem action_problem(const action_head::Length& length) {
  const auto digits = std::make_shared<const action_head::Digits>(
      action_head::read_digits(PION_EXAMPLE_DATA "/digits.csv"));
  Problem p{"action head", "mean |error| of an action", entries({}), {}, 1.0, 1.5, false};
  p.entries.push_back(released("Pion as released", "pion_vla:weight_decay=0.01"));
  p.run = [digits, length](const Contender& c, double rate, double outside, std::uint64_t seed) {
    const action_head::Task task(*digits);
    return action_head::train(task, action_head::Head::regression, {"", c, c, c},
                              {outside, rate, rate, rate}, seed, length);
  };
  return p;
}

Problem reward_problem(const experiment::Options& o, const rlvr::Length& length) {
  Problem p{"GRPO", "share of wrong answers", entries({}), {}, 1.0, 1.0, false};
  p.entries.push_back(released("Pion as released", "pion_rlvr_whole:weight_decay=0.01"));
  p.entries.push_back({experiment::published_per_head("Pion as released per head", 0.01,
                                                      "pion_rlvr:weight_decay=0.01",
                                                      "pion_rlvr_whole:weight_decay=0.01"),
                       true});
  const auto starts = std::make_shared<std::vector<rlvr::Policy<float>>>();
  for (int i = 0; i < o.search.seeds; ++i) {
    starts->push_back(rlvr::supervised(static_cast<std::uint64_t>(i), length));
  }
  p.run = [starts, length](const Contender& c, double rate, double outside, std::uint64_t seed) {
    return rlvr::reinforce((*starts)[seed], rlvr::Objective::grpo, c, {outside, rate}, seed,
                           length);
  };
  return p;
}

}  // namespace

std::vector<Problem> problems(const experiment::Options& o) {
  std::vector<Problem> all;
  if (o.quick) {
    all.push_back(map_problem({12, 16, 2, 1.0, 1.0}));
    all.push_back(action_problem({4, 2}));
    all.push_back(reward_problem(o, {3, 2, 2, 16, 2}));
  } else {
    for (const auto& [rank, snr] : {std::pair{1, 0.1}, {4, 1.0}, {64, 0.1}}) {
      all.push_back(map_problem({64, 64, rank, snr, 1.0}));
    }
    all.push_back(action_problem({}));
    all.push_back(reward_problem(o, {}));
  }
  // What a step of no length leaves.
  for (Problem& p : all) {
    std::vector<double> losses(static_cast<std::size_t>(o.search.seeds));
    experiment::parallel_for(o.search.threads, o.search.seeds, [&](int i) {
      const auto seed = static_cast<std::uint64_t>(i);
      losses[seed] = p.run(p.entries.front().contender, 0.0, 0.0, seed).loss;
    });
    p.untrained = experiment::mean_of(losses).mean;
  }
  return all;
}

}  // namespace pion::rates
