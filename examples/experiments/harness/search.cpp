// SPDX-License-Identifier: Apache-2.0
#include "harness/search.hpp"

#include <algorithm>
#include <cmath>

#include "harness/parallel.hpp"
#include "harness/statistics.hpp"

namespace pion::experiment {
namespace {

constexpr int most_widenings = 10;
constexpr double gain = 1e-3;  // what must be won at an end of the grid for it to grow there

double rate_at(double centre, int place) { return centre * std::pow(10.0, place / 3.0); }

/// The rates at the places from, from + 1, ..., to - 1, with the losses of all their runs.
std::vector<Trial> try_rates(const Run& run, double centre, int from, int to,
                             const SearchOptions& o) {
  const int seeds = o.tuning_seeds;
  std::vector<double> losses(static_cast<std::size_t>((to - from) * seeds));
  parallel_for(o.threads, (to - from) * seeds, [&](int i) {
    const auto seed = first_tuning_seed + static_cast<std::uint64_t>(i % seeds);
    losses[static_cast<std::size_t>(i)] = run(rate_at(centre, from + i / seeds), seed).loss;
  });
  std::vector<Trial> trials;
  for (int i = 0; i < to - from; ++i) {
    const auto begin = losses.begin() + i * seeds;
    trials.push_back(
        {rate_at(centre, from + i), mean_of(std::vector<double>(begin, begin + seeds)).mean});
  }
  return trials;
}

bool better(const Trial& end, const Trial& neighbour) {
  return std::isfinite(end.loss) && !(end.loss >= neighbour.loss * (1.0 - gain));
}

}  // namespace

std::vector<double> Tuned::losses() const {
  std::vector<double> out;
  for (const Outcome& o : outcomes) out.push_back(o.loss);
  return out;
}

Tuned tune(const Run& run, double centre, const SearchOptions& o) {
  Tuned t;
  int from = -(o.rates / 2);
  int to = from + o.rates;
  t.grid = try_rates(run, centre, from, to, o);
  std::size_t best = 0;
  for (int widened = 0;; ++widened) {
    best = 0;
    for (std::size_t i = 1; i < t.grid.size(); ++i) {
      if (t.grid[i].loss < t.grid[best].loss) best = i;
    }
    const std::size_t last = t.grid.size() - 1;
    const bool low = last > 0 && best == 0 && better(t.grid[0], t.grid[1]);
    const bool high = last > 0 && best == last && better(t.grid[last], t.grid[last - 1]);
    t.at_edge = low || high;
    if (!t.at_edge || widened == most_widenings) break;
    const int place = low ? --from : to++;
    t.grid.insert(low ? t.grid.begin() : t.grid.end(),
                  try_rates(run, centre, place, place + 1, o).front());
  }
  t.rate = t.grid[best].rate;
  t.outcomes.resize(static_cast<std::size_t>(o.seeds));
  parallel_for(o.threads, o.seeds, [&](int i) {
    t.outcomes[static_cast<std::size_t>(i)] = run(t.rate, static_cast<std::uint64_t>(i));
  });
  return t;
}

}  // namespace pion::experiment
