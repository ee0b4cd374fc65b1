// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "calls.hpp"
#include "harness/search.hpp"
#include "regime/task.hpp"

namespace pion::explorer {
namespace {

/// The whole number of that key, or else `otherwise`. \throws std::invalid_argument out of range
Index whole(const Json& request, const char* key, Index otherwise, Index least, Index most) {
  const auto value = request.value(key, otherwise);
  if (least <= value && value <= most) return value;
  throw std::invalid_argument(std::string(key) + " lies between " + std::to_string(least) +
                              " and " + std::to_string(most));
}

double real(const Json& request, const char* key, double least, double most) {
  const auto value = request.at(key).get<double>();
  if (least <= value && value <= most) return value;
  throw std::invalid_argument(std::string(key) + " is out of range");
}

regime::Regime regime_of(const Json& request) {
  regime::Regime r;
  r.rows = r.cols = whole(request, "size", 64, 2, 256);
  r.rank = whole(request, "rank", 1, 1, r.rows);
  r.snr = real(request, "snr", 1e-6, 1e6);
  r.condition = real(request, "condition", 1.0, 1e3);
  return r;
}

experiment::Contender contender_of(const Json& request) {
  const auto name = request.at("optimiser").get<std::string>();
  for (const experiment::Contender& c : regime::all_contenders()) {
    if (c.name == name) return c;
  }
  throw std::invalid_argument("there is no optimiser \"" + name + "\"");
}

}  // namespace

Json optimisers(const Json&) {
  Json names = Json::array();
  for (const experiment::Contender& c : regime::all_contenders()) names.push_back(c.name);
  return {{"optimisers", names}};
}

Json training(const Json& request, const Report& report) {
  const regime::Regime regime = regime_of(request);
  const experiment::Contender contender = contender_of(request);
  const auto steps = static_cast<int>(whole(request, "steps", regime::steps, 3, 3000));
  const auto first = static_cast<std::uint64_t>(whole(request, "seed", 0, 0, 999));
  experiment::SearchOptions options;
  options.tuning_seeds = static_cast<int>(whole(request, "tuning_seeds", 1, 1, 100));
  options.seeds = static_cast<int>(whole(request, "seeds", 1, 1, 100));
  options.threads = 1;
  int runs = 0;
  const auto run = [&](double rate, std::uint64_t seed) {
    ++runs;
    const auto observer = [&](const std::vector<double>& errors) {
      report({{"run", runs}, {"rate", rate}, {"errors", errors}});
    };
    const bool tuning = seed >= experiment::first_tuning_seed;
    const regime::Task task(regime, tuning ? seed : first + seed);
    std::vector<double> errors = task.train(contender, rate, steps, observer).errors;
    const double last = errors.back();
    return experiment::Outcome{last, std::move(errors)};
  };
  experiment::Tuned tuned;
  if (request.contains("rate")) {
    tuned.rate = real(request, "rate", 1e-6, 1e3);
    for (int i = 0; i < options.seeds; ++i) {
      tuned.outcomes.push_back(run(tuned.rate, static_cast<std::uint64_t>(i)));
    }
  } else {
    tuned = experiment::tune(run, contender.rate, options);
  }
  Json grid = Json::array();
  for (const experiment::Trial& t : tuned.grid)
    grid.push_back({{"rate", t.rate}, {"loss", t.loss}});
  return {{"rate", tuned.rate},
          {"grid", grid},
          {"losses", tuned.losses()},
          {"errors", tuned.outcomes.front().curve}};
}

}  // namespace pion::explorer
