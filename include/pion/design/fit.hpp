// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>  // std::any_of, std::sort
#include <cmath>      // std::exp2, std::fabs
#include <cstddef>    // std::size_t
#include <cstdint>    // std::uint64_t
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <pion/design/band_loss.hpp>
#include <pion/detail/finite.hpp>
#include <pion/filter/chains.hpp>

namespace pion::design {

/// How a minimum is sought. The same options give the same chain on the same machine; elsewhere
/// another order of summation may lead to another minimum.
struct FitOptions {
  int steps = 5;           ///< Quintics in the chain; positive.
  int starts = 40;         ///< From the warm start of Alg. 4, and from points about it; positive.
  int hops = 40;           ///< From the best minima so far, each perturbed; not negative.
  std::uint64_t seed = 1;  ///< Of all trials.
  /// Which minima count; all of them where it is empty.
  std::function<bool(const Chain&)> admits;
};

/// Searches a chain of small loss, in trials between which the search can be left and resumed.
///
/// The first trials are starts, as Alg. 4 of Fan et al. 2026 has them: the identity and then
/// promotions, with noise on the coefficients of all starts but the first, of deviation .25 and .4
/// in turn. The others are hops: from a chain drawn from the best eight, with relative noise
/// between .005 and .5.
///
/// Each trial draws from a generator of its own, seeded with the seed and the number of the trial.
/// So the best chains after n trials, and n, determine all that the search will do next.
class Search {
 public:
  /// Begins a search; or resumes another one, from its `best` after `trials`.
  /// \throws std::invalid_argument unless steps and starts are positive, hops is not negative, and
  ///         `trials` is between 0 and their sum.
  Search(BandLoss loss, FitOptions options, int trials = 0, const std::vector<Designed>& best = {})
      : loss_(std::move(loss)), options_(std::move(options)), trials_(trials) {
    if (options_.steps < 1 || options_.starts < 1 || options_.hops < 0 || trials < 0 ||
        trials > total()) {
      detail::refuse_argument("fit: steps = " + std::to_string(options_.steps) +
                              ", starts = " + std::to_string(options_.starts) +
                              ", hops = " + std::to_string(options_.hops) +
                              ", trials = " + std::to_string(trials) + " is out of range");
    }
    for (const Designed& found : best) consider(found);
  }

  int total() const { return options_.starts + options_.hops; }  ///< Trials in all.
  int trials() const { return trials_; }                         ///< Trials done.
  bool done() const { return trials_ == total(); }               ///< Whether none is left.
  /// Returns the best chains so far, of ascending loss, distinct, at most eight.
  const std::vector<Designed>& best() const { return best_; }

  /// Makes the next start or hop. Cost: some 5 ms for five steps.
  void advance() {
    const int trial = trials_++;
    std::seed_seq seed{static_cast<std::uint32_t>(options_.seed),
                       static_cast<std::uint32_t>(options_.seed >> 32U),
                       static_cast<std::uint32_t>(trial)};
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    detail::OwnedVector<double> theta;
    if (trial < options_.starts) {
      theta = coefficients(Chain{{1, 0, 0}}.then(repeat(chains::promotion, options_.steps - 1)));
      const double deviation = trial == 0 ? 0.0 : (trial % 2 == 1 ? 0.25 : 0.4);
      for (double& coefficient : theta) coefficient += deviation * normal(random);
    } else if (!best_.empty()) {
      const double from = uniform(random) * static_cast<double>(best_.size());
      theta = coefficients(best_[static_cast<std::size_t>(from)].chain);
      const double deviation = std::exp2(-7.6 + 6.6 * uniform(random));
      for (double& coefficient : theta) coefficient *= 1.0 + deviation * normal(random);
    } else {
      return;
    }
    constexpr double clipped = 1e6;  // there is no slope to go down
    if (loss_(theta) < clipped) consider(refine(loss_, chain_of(theta), evaluations));
  }

  /// Refines the best chains so far to the end, and returns those that are still admitted, of
  /// ascending loss.
  /// \throws std::domain_error if there is none.
  std::vector<Designed> minima() const {
    Search ends = *this;
    ends.best_.clear();
    for (const Designed& found : best_) ends.consider(refine(loss_, found.chain));
    if (ends.best_.empty()) {
      detail::refuse_values("fit: none of " + std::to_string(options_.starts) +
                            " starts leads to a chain that is admitted");
    }
    return ends.best_;
  }

 private:
  static constexpr std::size_t kept = 8;
  static constexpr int evaluations = 150;  // not near a minimum by then: a poor start

  void consider(const Designed& found) {
    if (!pion::detail::is_finite(found.loss)) return;
    if (best_.size() == kept && found.loss >= best_.back().loss) return;
    if (options_.admits && !options_.admits(found.chain)) return;
    const auto same = [&found](const Designed& other) {
      return std::fabs(found.loss - other.loss) <= 1e-6 * other.loss;
    };
    if (std::any_of(best_.begin(), best_.end(), same)) return;
    best_.push_back(found);
    std::sort(best_.begin(), best_.end(),
              [](const Designed& one, const Designed& two) { return one.loss < two.loss; });
    if (best_.size() > kept) best_.pop_back();
  }

  BandLoss loss_;
  FitOptions options_;
  int trials_;
  std::vector<Designed> best_;
};

/// Searches from beginning to end, and returns the chain of the least loss.
///
/// Cost: some 5 ms a start or hop for five steps.
/// \throws std::invalid_argument unless steps and starts are positive and hops is not negative;
///         std::domain_error if no start leads to a chain that is admitted.
inline Designed fit(const BandLoss& loss, const FitOptions& options = {}) {
  Search search(loss, options);
  while (!search.done()) search.advance();
  return search.minima().front();
}

}  // namespace pion::design
