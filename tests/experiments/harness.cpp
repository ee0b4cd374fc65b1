// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/heat_map.hpp"
#include "harness/parallel.hpp"
#include "harness/pictures.hpp"
#include "harness/random.hpp"
#include "harness/search.hpp"
#include "harness/statistics.hpp"
#include "harness/study.hpp"
#include "regime/task.hpp"
#include "support/catch.hpp"

using namespace pion::experiment;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// A loss that is least at `best`, whatever the seed.
Run valley(double best) {
  return [best](double rate, std::uint64_t) {
    return Outcome{1.0 + std::pow(std::log10(rate / best), 2), {}};
  };
}

}  // namespace

TEST_CASE("Student's t is that of the tables") {
  const std::vector<std::pair<int, double>> table = {{1, 12.7062}, {2, 4.3027},  {3, 3.1824},
                                                     {4, 2.7764},  {7, 2.3646},  {10, 2.2281},
                                                     {30, 2.0423}, {120, 1.9799}};
  for (const auto& [degrees, t] : table) CHECK(std::fabs(student_t(degrees) - t) <= 0.5001e-4);
  CHECK_THROWS_AS(student_t(0), std::invalid_argument);
}

TEST_CASE("an interval of the mean") {
  const Estimate e = mean_of({1.0, 2.0, 3.0});  // deviation 1, so 4.3027 / sqrt(3) on either side
  CHECK(std::fabs(e.mean - 2.0) < 1e-15);
  CHECK(std::fabs(e.high - 2.0 - 4.3027 / std::sqrt(3.0)) < 1e-4);
  CHECK(std::fabs(e.high + e.low - 4.0) < 1e-14);
  CHECK(mean_of({5.0}).high == infinity);
  CHECK(mean_of({1.0, infinity}).mean == infinity);
}

TEST_CASE("ratios are taken seed by seed") {
  const Estimate e = ratio_of({1.0, 10.0, 100.0}, {2.0, 20.0, 200.0});
  CHECK(std::fabs(e.mean - 0.5) < 1e-15);
  CHECK(std::fabs(e.high - e.low) < 1e-14);
  CHECK(ratio_of({infinity, 1.0}, {1.0, 1.0}).mean == infinity);
  CHECK_THROWS_AS(ratio_of({1.0}, {1.0, 2.0}), std::invalid_argument);
}

TEST_CASE("normal numbers are those of the tables in docs/evidence, on every system") {
  // By std::normal_distribution<float> of libstdc++ on std::mt19937_64(7), written with 9 digits.
  // Another system may round square roots and logarithms otherwise.
  Random random(7);
  for (const double x : {0.872695208, -0.97256285, 0.547309935, 1.45517814, -1.60983372,
                         -0.862248302, -0.51784122, 0.87762773}) {
    CHECK(std::fabs(static_cast<double>(random.normal()) - x) <= 8.0 * 0x1p-24 * std::fabs(x));
  }
}

TEST_CASE("a run is told its errors on the way") {
  std::vector<double> seen;
  const auto observer = [&seen](const std::vector<double>& errors) {
    CHECK(errors.size() == seen.size() + 1);
    seen = errors;
  };
  const pion::regime::Task task({8, 6, 2, 1.0, 1.0}, 3);
  const auto told = task.train(sgd({}), 0.1, 20, observer);
  CHECK(seen == told.errors);
  CHECK(seen.size() == 6);
  CHECK(task.train(sgd({}), 0.1, 20).errors == seen);
}

TEST_CASE("each index is worked on once, and a failure comes out") {
  for (const int threads : {1, 2, 5}) {
    std::vector<std::atomic<int>> visits(100);
    parallel_for(threads, 100, [&](int i) { ++visits[static_cast<std::size_t>(i)]; });
    for (const auto& v : visits) CHECK(v == 1);
    CHECK_THROWS_AS(parallel_for(threads, 10,
                                 [](int i) {
                                   if (i == 3) throw std::out_of_range("3");
                                 }),
                    std::out_of_range);
  }
}

TEST_CASE("the search finds the best rate wherever it lies, and reports other seeds") {
  for (const double best : {2e-4, 0.02, 1.0, 5e3}) {
    std::set<std::uint64_t> tried, reported;
    std::mutex mutex;
    const Run run = [&](double rate, std::uint64_t seed) {
      const std::lock_guard<std::mutex> lock(mutex);
      (seed >= first_tuning_seed ? tried : reported).insert(seed);
      return valley(best)(rate, seed);
    };
    const Tuned t = tune(run, 1.0, {3, 8, 7, 2});
    CHECK(std::fabs(std::log10(t.rate / best)) <= 0.5 / 3.0 + 1e-9);  // the nearest of the grid
    CHECK_FALSE(t.at_edge);
    CHECK(t.grid.front().rate < t.rate);
    CHECK(t.rate < t.grid.back().rate);
    CHECK(t.grid.back().rate / t.grid.front().rate > 99.0);
    CHECK(tried.size() == 3);
    CHECK(reported.size() == 8);
    CHECK(t.losses().size() == 8);
  }
}

TEST_CASE("the search ends where there is nothing to find") {
  const Tuned flat = tune([](double, std::uint64_t) { return Outcome{1.0, {}}; }, 1.0, {});
  CHECK(flat.grid.size() == 7);
  CHECK_FALSE(flat.at_edge);
  const Tuned slope = tune([](double r, std::uint64_t) { return Outcome{1.0 / r, {}}; }, 1.0, {});
  CHECK(slope.at_edge);
  const Tuned lost = tune([](double, std::uint64_t) { return Outcome{infinity, {}}; }, 1.0, {});
  CHECK_FALSE(lost.at_edge);
}

TEST_CASE("results are compared seed by seed, and ties are seen") {
  const auto result = [](const char* name, std::vector<double> losses) {
    Result r;
    r.name = name;
    for (const double loss : losses) r.tuned.outcomes.push_back({loss, {}});
    return r;
  };
  std::vector<Result> all = {result("a", {2.0, 4.0, 6.0}), result("b", {1.0, 2.0, 3.0}),
                             result("c", {1.1, 1.9, 3.1})};
  compare_with("b", all);
  CHECK(std::fabs(all[0].ratio.mean - 2.0) < 1e-14);
  CHECK(best_of(all) == 1);
  CHECK_FALSE(ties_with(all[0], all[1]));
  CHECK(ties_with(all[2], all[1]));
  CHECK_THROWS_AS(compare_with("d", all), std::invalid_argument);
}

TEST_CASE("heat maps name their cells, and escape them") {
  const HeatMap map{"title",    "across", "down",
                    {"1", "2"}, {"r"},    {{{"#ffffff", "a<b"}, {"#000000", "c"}}}};
  const std::string out = svg({map, map, map}, 2);
  CHECK(contains(out, ">a&lt;b</text>"));
  CHECK(contains(out, "translate(0 106)"));  // the third begins a line
  CHECK(contains(out, "width=\"76\""));
  HeatMap wordy = map;
  wordy.cells[0][1].text = std::string(30, 'w');
  CHECK(contains(svg({wordy}, 1), "width=\"212\""));  // so that it stays in its cell
  CHECK(ratio_colour(1.0) == "#ffffff");
  CHECK(ratio_colour(1.0 / 3.0) == ratio_colour(0.01));
  CHECK(ratio_colour(3.0) != ratio_colour(1.0 / 3.0));
  CHECK(tint("#000000") == "#808080");
  CHECK(colour_of("Muon per head") == colour_of("Muon"));
  CHECK(colour_of("Pion kp=1") != colour_of("Pion kp=2"));
}

TEST_CASE("a regime has the SNR that it says") {
  for (const double condition : {1.0, 10.0}) {
    double squares = 0.0, clean = 0.0;
    constexpr int seeds = 8;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      using pion::regime::Task;
      squares += Task({32, 48, 4, 0.5, condition}, seed).momentum(1).squaredNorm();
      clean += Task({32, 48, 4, 1e12, condition}, seed).momentum(1).squaredNorm();
    }
    // 1 + 1 / SNR up to 5 deviations of the noise's energy and of its product with the signal.
    const double entries = 32.0 * 48.0 * seeds;
    const double deviation = std::sqrt(8.0 / entries + 8.0 / entries);
    CHECK(std::fabs(squares / clean - 3.0) < 5.0 * deviation);
  }
}
