// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "harness/command.hpp"
#include "harness/parallel.hpp"
#include "harness/pictures.hpp"
#include "harness/study.hpp"
#include "pion_tool/cli/progress.hpp"
#include "pion_tool/io/atomic_file.hpp"
#include "rlvr/training.hpp"

/// Supervised training, then reinforcement with a verifiable reward, under each optimiser.
namespace pion::rlvr {
namespace {

using experiment::Contender;
using experiment::Estimate;
using experiment::Options;
using experiment::Result;

/// One optimiser on all matrices but embeddings and the output layer, which have AdamW.
struct Entry {
  Contender contender;
  Rates rates;
  std::vector<Record> records;  ///< Of each seed.
};

std::vector<Contender> contenders() {
  const experiment::Momenta m;
  return {experiment::adamw(m),
          experiment::muon(m),
          experiment::muon_per_head(m),
          experiment::pion(m, 2),
          experiment::pion_per_head(m, 2),
          experiment::low_pass_muon(m)};
}

const char* name_of(Objective o) { return o == Objective::grpo ? "grpo" : "gmpo"; }

/// The policies that reinforcement begins with, for the seeds of the search and for the others.
class Starts {
 public:
  Starts(const Options& o, const Length& length) : tuning_(o.search.tuning_seeds) {
    std::vector<std::unique_ptr<Policy<float>>> made(
        static_cast<std::size_t>(o.search.seeds + tuning_));
    experiment::parallel_for(o.search.threads, static_cast<int>(made.size()), [&](int i) {
      made[static_cast<std::size_t>(i)] =
          std::make_unique<Policy<float>>(supervised(seed_of(i), length));
    });
    for (auto& one : made) policies_.push_back(std::move(*one));
  }

  const Policy<float>& of(std::uint64_t seed) const {
    const bool tuning = seed >= experiment::first_tuning_seed;
    return policies_[tuning ? seed - experiment::first_tuning_seed
                            : seed + static_cast<std::uint64_t>(tuning_)];
  }

 private:
  std::uint64_t seed_of(int i) const {
    return i < tuning_ ? experiment::first_tuning_seed + static_cast<std::uint64_t>(i)
                       : static_cast<std::uint64_t>(i - tuning_);
  }

  int tuning_;
  std::vector<Policy<float>> policies_;
};

/// The mean over seeds of what a record holds.
template <class F>
Estimate mean_record(const Entry& e, const F& what) {
  std::vector<double> values;
  for (const Record& r : e.records) values.push_back(what(r));
  return experiment::mean_of(values);
}

std::string heads_csv(const std::vector<Entry>& entries) {
  std::string out = "optimiser,variance_before,update_variation,update_low,update_high,distance\n";
  for (const Entry& e : entries) {
    const Estimate update = mean_record(e, [](const Record& r) { return r.update; });
    out += fmt::format("{},{:.4g},{:.4g},{:.4g},{:.4g},{:.4g}\n", e.contender.name,
                       mean_record(e, [](const Record& r) { return r.before; }).mean, update.mean,
                       update.low, update.high,
                       mean_record(e, [](const Record& r) { return r.distance; }).mean);
  }
  return out;
}

std::vector<double> rounds_of(const Length& length) {
  std::vector<double> x;
  for (int i = 0; i <= length.evaluations; ++i) x.push_back(i * length.rounds / length.evaluations);
  return x;
}

tool::Chart accuracy_chart(Objective o, const std::vector<Result>& results, const Length& length) {
  tool::Chart chart{fmt::format("Accuracy by {}", name_of(o)),
                    {"round", 0.0, static_cast<double>(length.rounds)},
                    {"accuracy of drawn answers", 0.0, 1.0},
                    {}};
  for (const Result& r : results) {
    chart.series.push_back(experiment::curve_of(r, rounds_of(length)));
  }
  return chart;
}

std::string snr_csv(const std::vector<Entry>& entries, const Estimate& sft, const Length& length) {
  std::string out =
      fmt::format("optimiser,round,snr,snr_low,snr_high\nsupervised,0,{:.4g},{:.4g},{:.4g}\n",
                  sft.mean, sft.low, sft.high);
  const std::vector<double> x = rounds_of(length);
  for (const Entry& e : entries) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Estimate s = mean_record(e, [i](const Record& r) { return r.snr.at(i); });
      out += fmt::format("{},{},{:.4g},{:.4g},{:.4g}\n", e.contender.name, x[i], s.mean, s.low,
                         s.high);
    }
  }
  return out;
}

void run(const Options& o) {
  const Length length = o.quick ? Length{3, 2, 2, 16, 2} : Length{};
  const Starts starts(o, length);
  tool::Progress progress(2 * contenders().size());
  std::vector<double> snr(static_cast<std::size_t>(o.search.seeds));
  experiment::parallel_for(o.search.threads, o.search.seeds, [&](int i) {
    const auto seed = static_cast<std::uint64_t>(i);
    snr[seed] = supervised_snr(starts.of(seed), seed, length);
  });
  for (const Objective objective : {Objective::grpo, Objective::gmpo}) {
    const std::string prefix = fmt::format("{}/rlvr_{}", o.output, name_of(objective));
    std::vector<Entry> entries;
    std::vector<Result> results;
    for (const Contender& c : contenders()) {
      progress.step(fmt::format("{}, {}", name_of(objective), c.name));
      const double adamw = entries.empty() ? 0.0 : entries.front().rates.rule;
      const auto rates = [adamw](double rate) { return Rates{adamw > 0.0 ? adamw : rate, rate}; };
      const auto train = [&](double rate, std::uint64_t seed) {
        return reinforce(starts.of(seed), objective, c, rates(rate), seed, length);
      };
      experiment::Tuned tuned = experiment::tune(train, 0.1 * c.rate, o.search);
      Entry entry{c, rates(tuned.rate), {}};
      entry.records.resize(static_cast<std::size_t>(o.search.seeds));
      experiment::parallel_for(o.search.threads, o.search.seeds, [&](int i) {
        const auto seed = static_cast<std::uint64_t>(i);
        reinforce(starts.of(seed), objective, c, entry.rates, seed, length, &entry.records[seed]);
      });
      entries.push_back(std::move(entry));
      results.push_back({c.name, std::move(tuned), {}, {}});
      std::vector<Result> so_far = results;
      experiment::compare_with("AdamW", so_far);
      std::string table = experiment::csv_titles() + "\n";
      for (const Result& r : so_far) table += experiment::csv(r) + "\n";
      io::write_text(prefix + ".csv", table);
      io::write_text(prefix + "_heads.csv", heads_csv(entries));
      io::write_text(prefix + "_snr.csv", snr_csv(entries, experiment::mean_of(snr), length));
      io::write_text(prefix + ".svg", tool::svg(accuracy_chart(objective, results, length)));
    }
  }
}

}  // namespace
}  // namespace pion::rlvr

int main(int argc, char** argv) {
  return pion::experiment::run_command(
      argc, argv, "rlvr",
      "Trains a small attention policy, then reinforces it by GRPO and GMPO with a checked reward.",
      pion::rlvr::run);
}
