// SPDX-License-Identifier: Apache-2.0
// A step of a parameter whose like was stepped before allocates nothing.

#include <pion/optimizer.hpp>
#include <pion/optimizer/presets/adaptive.hpp>
#include <pion/optimizer/presets/bases.hpp>
#include <pion/optimizer/presets/gradients.hpp>
#include <pion/optimizer/presets/norms.hpp>

#include "counter.hpp"
#include "support/catch.hpp"

using namespace pion;
using namespace pion::optimizer;

TEST_CASE("a warm step allocates nothing, for this size and smaller ones") {
  StepWorkspace workspace;
  Eigen::MatrixXf w = Eigen::MatrixXf::Random(80, 150);
  const Eigen::MatrixXf g = Eigen::MatrixXf::Random(80, 150);
  const auto check = [&](const auto& recipe, auto... layouts) {
    const auto of_second = [&](auto&& parameter, const auto& gradient) {
      auto state = initial_state(recipe, parameter);
      step(recipe, parameter, gradient, 0.1, state, workspace);
      return count([&] { step(recipe, parameter, gradient, 0.1, state, workspace); });
    };
    INFO(signature(recipe));
    CHECK(of_second(w, g) == 0);
    if constexpr (sizeof...(layouts) > 0) {
      CHECK(of_second(w.topRows(64), g.topRows(64) * 2.0F) == 0);
      Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> v = w;
      CHECK(of_second(v, g) == 0);
    }
  };
  // Memory is laid out alike for all recipes: two of them meet every layout.
  struct EveryLayout {};
  check(presets::pion(), EveryLayout());
  check(presets::adamw(), EveryLayout());
  check(presets::pion_per_head(Heads{4}));
  // Heads of several shapes, each with a factor of its own.
  check(Recipe{FilteredPerHead{Filter{chains::muon()}, FusedHeads{{{100, 2}, {50, 2}}, Axis::cols}},
               HeavyBall{}, SpectralScale{}});
  check(presets::moonlight());
  check(presets::sgd());
  check(presets::adam_power(Power::quarter));
  // Those that remember more: all but those with an SVD, a QR or eigenvectors of Eigen's.
  check(presets::normuon());
  check(presets::adamuon());
  check(presets::trasmuon());
  check(presets::namo_d());
  check(presets::adago());
  check(presets::auon());
  check(presets::polargrad());
  check(presets::swan());
  check(presets::scion_sign());
  check(presets::scion_columns());
  check(presets::muon_mvr1());
  check(presets::root());
  check(presets::dion(0.1));
  check(presets::nordion2());
  check(presets::lora_pre(8));
  check(presets::ef21_muon(SendLargest{0.1}));
  check(presets::muon_8bit());
  check(Recipe{SketchedPolar<Filtered>{{{chains::muon()}}, 20, Sketch::columns, 30}, Ema{}});
}

TEST_CASE("a step that compresses allocates nothing once its start is as large as it gets") {
  StepWorkspace workspace;
  Eigen::MatrixXf w = Eigen::MatrixXf::Random(160, 300);
  const Eigen::MatrixXf g = Eigen::MatrixXf::Random(160, 3) * Eigen::MatrixXf::Random(3, 300);
  Tolerance tolerance;
  tolerance.method = Method::low_rank;
  const auto recipe = presets::pion_within(tolerance);
  auto state = initial_state(recipe, w);
  for (int i = 0; i < 3; ++i) step(recipe, w, g, 0.1, state, workspace);
  CHECK(state.warm_start.directions() > 0);
  CHECK(count([&] { step(recipe, w, g, 0.1, state, workspace); }) == 0);
}
