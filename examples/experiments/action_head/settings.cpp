// SPDX-License-Identifier: Apache-2.0
#include "action_head/settings.hpp"

#include <functional>
#include <utility>

namespace pion::action_head {
namespace {

using experiment::Contender;
using experiment::Result;

/// The rates of a setting in which the rule that is searched for has `rate`.
using WithRate = std::function<Rates(double rate)>;

/// An assignment, where the search begins, and what it varies.
struct Plan {
  Assignment assignment;
  double centre;
  WithRate rates;
};

Plan everywhere(std::string name, const Contender& c, double adamw) {
  return {{std::move(name), c, c, c}, c.rate, [adamw](double r) {
            return Rates{adamw > 0.0 ? adamw : r, r, r, r};
          }};
}

/// Settings that change one module of a base whose rates are known.
std::vector<Plan> changes(const Setting& all_adamw, const Setting& all_muon) {
  const experiment::Momenta m;
  const Contender adam = experiment::adamw(m);
  const Contender muon = experiment::muon(m);
  const Contender pion = experiment::pion(m, 2);
  const Rates a = all_adamw.rates;
  const Rates b = all_muon.rates;
  const auto vision = [a](double r) { return Rates{a.adamw, r, a.language, a.action}; };
  const auto language = [a](double r) { return Rates{a.adamw, a.vision, r, a.action}; };
  const auto action = [a](double r) { return Rates{a.adamw, a.vision, a.language, r}; };
  const auto beside_muon = [b](double r) { return Rates{b.adamw, b.vision, b.language, r}; };
  std::vector<Plan> plans = {
      {{"S2", adam, adam, muon}, muon.rate, action},
      {{"S3", adam, adam, pion}, pion.rate, action},
      {{"S4", adam, muon, adam}, muon.rate, language},
      {{"S5", adam, pion, adam}, pion.rate, language},
      {{"S6", muon, adam, adam}, muon.rate, vision},
      {{"S7", pion, adam, adam}, pion.rate, vision},
      {{"S9", muon, muon, pion}, pion.rate, beside_muon},
  };
  for (const Contender& c : {experiment::pion(m, 0), experiment::pion(m, 1), experiment::pion(m, 3),
                             experiment::pion(m, 4), experiment::low_rank_muon(m, 8),
                             experiment::above_noise(m), experiment::low_pass_muon(m), adam}) {
    plans.push_back({{"action: " + c.name, muon, muon, c}, c.rate, beside_muon});
  }
  return plans;
}

}  // namespace

std::vector<Setting> compete(const Task& task, Head head, const Length& length,
                             const experiment::SearchOptions& options, tool::Progress& progress) {
  const char* loss = head == Head::regression ? "l1 regression" : "flow matching";
  const auto settle = [&](const Plan& plan) {
    progress.step(std::string(loss) + ", " + plan.assignment.name);
    const auto run = [&](double rate, std::uint64_t seed) {
      return train(task, head, plan.assignment, plan.rates(rate), seed, length);
    };
    experiment::Tuned tuned = experiment::tune(run, plan.centre, options);
    const Rates rates = plan.rates(tuned.rate);
    return Setting{plan.assignment, rates, {plan.assignment.name, std::move(tuned), {}, {}}};
  };
  const experiment::Momenta m;
  std::vector<Setting> all = {settle(everywhere("S1", experiment::adamw(m), 0.0))};
  all.push_back(settle(everywhere("S8", experiment::muon(m), all[0].rates.adamw)));
  for (const Plan& plan : changes(all[0], all[1])) all.push_back(settle(plan));

  std::vector<Result> results;
  for (const Setting& s : all) results.push_back(s.result);
  experiment::compare_with("S8", results);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].result = results[i];
  return all;
}

std::size_t searches() { return 2 + changes({}, {}).size(); }

}  // namespace pion::action_head
