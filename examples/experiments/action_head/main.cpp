// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "action_head/settings.hpp"
#include "harness/command.hpp"
#include "harness/parallel.hpp"
#include "harness/pictures.hpp"
#include "pion_tool/io/atomic_file.hpp"

/// An action head on top of vision and language, trained by l1 regression and by flow matching
/// under the assignments of Table A6 (Fan et al. 2026).
namespace pion::action_head {
namespace {

using experiment::Estimate;
using experiment::Options;

constexpr const char* data = PION_EXAMPLE_DATA "/digits.csv";

std::string name_of(Head head) { return head == Head::regression ? "regression" : "flow"; }

Estimate success(const Setting& s) {
  std::vector<double> shares;
  for (const experiment::Outcome& o : s.result.tuned.outcomes) shares.push_back(o.curve.back());
  return experiment::mean_of(shares);
}

std::string settings_csv(const std::vector<Setting>& settings) {
  std::string out = "vision,language,action,success,success_low,success_high,setting" +
                    experiment::csv_titles().substr(std::string("optimiser").size()) + "\n";
  for (const Setting& s : settings) {
    const Estimate e = success(s);
    const Assignment& a = s.assignment;
    out += fmt::format("{},{},{},{:.4g},{:.4g},{:.4g},{}\n", a.vision.name, a.language.name,
                       a.action.name, e.mean, e.low, e.high, experiment::csv(s.result));
  }
  return out;
}

tool::Chart error_chart(Head head, const std::vector<Setting>& settings, const Length& length) {
  tool::Chart chart{head == Head::regression
                        ? "Muon beside another rule on the action head, l1 regression"
                        : "Muon beside another rule on the action head, flow matching",
                    {"step", 0.0, static_cast<double>(length.steps)},
                    {"mean |error| of an action on the test images", 0.0, 0.9},
                    {}};
  std::vector<double> x;
  for (int i = 1; i <= length.evaluations; ++i) x.push_back(i * length.steps / length.evaluations);
  for (const Setting& s : settings) {
    if (s.assignment.vision.name != "Muon" || s.assignment.language.name != "Muon") continue;
    experiment::Result named = s.result;
    named.name = s.assignment.action.name;
    chart.series.push_back(experiment::curve_of(named, x));
  }
  return chart;
}

/// Sights of several seeds, in one order.
using Sights = std::vector<std::vector<Sight>>;

Sights look(const Task& task, Head head, const Setting& s, const Length& length, const Options& o) {
  Sights all(static_cast<std::size_t>(o.search.seeds));
  experiment::parallel_for(o.search.threads, o.search.seeds, [&](int seed) {
    train(task, head, s.assignment, s.rates, static_cast<std::uint64_t>(seed), length,
          &all[static_cast<std::size_t>(seed)]);
  });
  return all;
}

Estimate mean_sight(const Sights& all, std::size_t i, double Sight::*what) {
  std::vector<double> values;
  for (const std::vector<Sight>& one : all) values.push_back(one[i].*what);
  return experiment::mean_of(values);
}

std::string sights_csv(const std::string& setting, const Sights& all) {
  std::string out;
  for (std::size_t i = 0; i < all.front().size(); ++i) {
    const Sight& s = all.front()[i];
    out += fmt::format("{},{},{}", setting, s.step, s.module);
    for (double Sight::*what :
         {&Sight::effective_rank, &Sight::stable_rank, &Sight::concentration, &Sight::snr}) {
      out += fmt::format(",{:.4g}", mean_sight(all, i, what).mean);
    }
    out += "\n";
  }
  return out;
}

tool::Chart rank_chart(Head head, const Sights& all) {
  tool::Chart chart{fmt::format("Effective rank of the gradients, AdamW, {}", name_of(head)),
                    {"step", 0.0, static_cast<double>(all.front().back().step)},
                    {"effective rank, mean of the module's matrices", 0.0, 40.0},
                    {}};
  for (std::size_t module = 0; module < 3; ++module) {
    tool::Series s;
    s.label = all.front()[module].module;
    s.colour = tool::palette.at(module);
    for (std::size_t i = module; i < all.front().size(); i += 3) {
      const Estimate e = mean_sight(all, i, &Sight::effective_rank);
      s.x.push_back(all.front()[i].step);
      s.y.push_back(e.mean);
      s.below.push_back(e.low);
      s.above.push_back(e.high);
    }
    chart.series.push_back(std::move(s));
  }
  return chart;
}

void run(const Options& o) {
  const Digits digits = read_digits(data);
  const Task task(digits);
  const Length length = o.quick ? Length{4, 2} : Length{};
  tool::Progress progress(2 * searches());
  for (const Head head : {Head::regression, Head::flow_matching}) {
    const std::string prefix = o.output + "/action_" + name_of(head);
    const std::vector<Setting> settings = compete(task, head, length, o.search, progress);
    io::write_text(prefix + ".csv", settings_csv(settings));
    io::write_text(prefix + ".svg", tool::svg(error_chart(head, settings, length)));
    const Sights adamw = look(task, head, settings[0], length, o);
    const Sights muon = look(task, head, settings[1], length, o);
    io::write_text(prefix + "_gradients.csv",
                   "setting,step,module,erank,stable_rank,sigma1_over_fro,snr\n" +
                       sights_csv("S1", adamw) + sights_csv("S8", muon));
    io::write_text(prefix + "_erank.svg", tool::svg(rank_chart(head, adamw)));
    for (const Setting& s : settings) {
      if (s.assignment.name != "S9") continue;
      io::write_text(o.output + "/action_assignment.txt", describe(s.assignment));
    }
  }
}

}  // namespace
}  // namespace pion::action_head

int main(int argc, char** argv) {
  return pion::experiment::run_command(
      argc, argv, "action_head",
      "Trains an action head by l1 regression and flow matching under the paper's assignments.",
      pion::action_head::run);
}
