// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <pion/apply/plan.hpp>
#include <pion/filter/heads.hpp>
#include <pion/optimizer/any_recipe.hpp>
#include <string>
#include <utility>
#include <vector>

/// The optimisers that are compared, under the names that tables and pictures have.
namespace pion::experiment {

using Recipe = optimizer::AnyRecipe<float>;

/// One matrix on its way: the state of an optimiser, and the steps that it takes.
class Stepper {
 public:
  Stepper(Recipe recipe, Eigen::Index rows, Eigen::Index cols)
      : recipe_(std::move(recipe)), state_(recipe_.initial_state(rows, cols)) {}

  optimizer::StepInfo step(Eigen::MatrixXf& weights, const Eigen::MatrixXf& gradient, double rate);

  /// Of all updates so far: the sum of their entries' squares, and how many entries that were.
  double squares() const { return squares_; }
  double entries() const { return entries_; }

 private:
  Recipe recipe_;
  Recipe::Memory state_;
  optimizer::StepWorkspace workspace_;
  double squares_ = 0.0;
  double entries_ = 0.0;
};

/// The root mean square of the entries of all updates by those steppers for which chosen(i).
template <class Chosen>
double update_rms(const std::vector<Stepper>& steppers, const Chosen& chosen) {
  double squares = 0.0, entries = 0.0;
  for (std::size_t i = 0; i < steppers.size(); ++i) {
    if (!chosen(i)) continue;
    squares += steppers[i].squares();
    entries += steppers[i].entries();
  }
  return entries > 0.0 ? std::sqrt(squares / entries) : 0.0;
}

struct Contender {
  std::string name;
  double rate = 0.1;  ///< Where the search for the learning rate begins.
  /// For a matrix, or for an attention projection and its heads.
  std::function<Recipe(const std::optional<Heads>&)> recipe;
};

/// Momentum and moments of all of them.
struct Momenta {
  double momentum = 0.95;  ///< Heavy ball.
  double beta1 = 0.9;
  double beta2 = 0.999;
};

/// No direction is scaled but by the learning rate, and no weight decays: every contender gets a
/// learning rate of its own. "Per head" is whole where a matrix has no heads.
Contender sgd(const Momenta& m);
Contender adamw(const Momenta& m);
Contender muon(const Momenta& m);
Contender muon_per_head(const Momenta& m);
Contender pion(const Momenta& m, int promotions);
Contender pion_per_head(const Momenta& m, int promotions);
Contender low_pass_muon(const Momenta& m);  ///< tau = .5, as in Fan et al. 2026, Fig. 8.
Contender low_rank_muon(const Momenta& m, int rank, Method how = Method::svd);
/// The directions above the noise; where there are none, the strongest, or all.
Contender above_noise(const Momenta& m, Method how = Method::automatic);
Contender above_noise_or_all(const Momenta& m);
/// The directions with sigma >= tau ||X||_F.
Contender adaptive_rank(const Momenta& m, double tau, Method how);
/// pion(), within a tolerance.
Contender pion_within(const Momenta& m, int promotions);

}  // namespace pion::experiment
