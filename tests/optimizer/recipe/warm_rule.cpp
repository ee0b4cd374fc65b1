// SPDX-License-Identifier: Apache-2.0
// Rules that compress begin where the last step ended, which changes what a step costs and nothing
// else.

#include <filesystem>
#include <limits>
#include <random>
#include <stdexcept>  // std::runtime_error
#include <string>
#include <vector>

#include <pion/optimizer.hpp>
#include <pion/optimizer/presets/low_rank.hpp>

#include "support/catch.hpp"
#include "support/known.hpp"

using namespace pion;
using namespace pion::optimizer;
using known::gaussian;

namespace {

using Matrix = Eigen::MatrixXf;

constexpr Index rows = 130, cols = 110;

/// Gradients of a few strong directions that stay, and some noise that does not.
std::vector<Matrix> gradients(int count) {
  std::mt19937_64 random(501);
  const Eigen::MatrixXd signal = gaussian(rows, 4, random) * gaussian(4, cols, random);
  std::vector<Matrix> all;
  for (int i = 0; i < count; ++i) {
    all.emplace_back((signal + 0.05 * gaussian(rows, cols, random)).cast<float>());
  }
  return all;
}

Tolerance compressed(double tolerance) {
  Tolerance o;
  o.error = tolerance;
  o.method = Method::low_rank;
  return o;
}

/// The four rules, called as check(recipe, tolerance).
template <class Check>
void for_each_rule(const Check& check) {
  check(presets::pion_within(compressed(1e-4)), 1e-4);
  check(Recipe{PolarFactor{Leading{4}, compressed(1e-3)}, HeavyBall{0.9}}, 1e-3);
  check(Recipe{PolarFactor{AtLeast{0.1}, compressed(1e-3)}, HeavyBall{0.9}}, 1e-3);
  check(Recipe{PolarFactor{AboveNoise{}, compressed(1e-3)}, HeavyBall{0.9}}, 1e-3);
}

bool same(const State<float>& a, const State<float>& b) {
  return a.steps == b.steps && a.momentum == b.momentum &&
         a.warm_start.extent() == b.warm_start.extent() &&
         a.warm_start.directions() == b.warm_start.directions() &&
         a.warm_start.values() == b.warm_start.values() &&
         a.warm_start.backoff().failures() == b.warm_start.backoff().failures() &&
         a.warm_start.backoff().pause() == b.warm_start.backoff().pause();
}

}  // namespace

TEST_CASE("a warm step is a cold one within the tolerance, and leaves a start") {
  for_each_rule([](const auto& recipe, double tolerance) {
    Matrix w = Matrix::Zero(rows, cols);
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    for (const Matrix& g : gradients(5)) {
      auto without = state;
      without.warm_start.clear();
      Matrix cold = w;
      step(recipe, cold, g, 1.0, without, workspace);
      const StepInfo info = step(recipe, w, g, 1.0, state, workspace);
      REQUIRE(info.taken());
      CHECK(info.direction.norm > 0.5);
      CHECK(info.direction.compressed);
      CHECK(state.warm_start.extent() == rows);
      CHECK(state.warm_start.directions() > 0);
      // Each is within the tolerance of the exact direction; the sum rounds once.
      CHECK((w - cold).cast<double>().norm() <= 2.0 * tolerance + 1e-6 * w.norm());
      w = cold;
    }
  });
}

TEST_CASE("a refused step leaves the warm start as it was") {
  for_each_rule([](const auto& recipe, double /*tolerance*/) {
    const std::vector<Matrix> g = gradients(3);
    Matrix w = Matrix::Zero(rows, cols);
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    step(recipe, w, g[0], 1e-3, state, workspace);
    const auto before = state;
    const Matrix w_before = w;
    w.setConstant(std::numeric_limits<float>::max());
    CHECK(step(recipe, w, g[1], 1e38, state, workspace).outcome == Outcome::result_not_finite);
    CHECK(same(state, before));
    w = w_before;
    Matrix bad = g[1];
    bad(1, 1) = std::numeric_limits<float>::quiet_NaN();
    CHECK(step(recipe, w, bad, 1e-3, state, workspace).outcome == Outcome::gradient_not_finite);
    CHECK(same(state, before));
    // A first step that is refused leaves none.
    auto fresh = initial_state(recipe, w);
    w.setConstant(std::numeric_limits<float>::max());
    CHECK(step(recipe, w, g[1], 1e38, fresh, workspace).outcome == Outcome::result_not_finite);
    CHECK(fresh.warm_start.directions() == 0);
    CHECK(fresh.warm_start.extent() == 0);
  });
}

namespace {

/// Forgets the warm start, and then fails.
struct Thrower {
  template <class Engine, class T>
  Direction direct(const engine::View<T>& /*x*/, Workspace& /*workspace*/,
                   WarmStart<T>& start) const {
    start.clear();
    start.backoff().failed();
    throw std::runtime_error("no direction");
  }
  std::string signature() const { return "Thrower"; }
};

}  // namespace

TEST_CASE("a rule that throws leaves the warm start as it was") {
  Matrix w = Matrix::Zero(rows, cols), g = Matrix::Ones(rows, cols);
  const Recipe recipe{Thrower{}, HeavyBall{0.9}};
  auto state = initial_state(recipe, w);
  StepWorkspace workspace;
  CHECK_THROWS_AS(step(recipe, w, g, 0.1, state, workspace), std::runtime_error);
  CHECK(state.warm_start.directions() == 0);
  CHECK(state.warm_start.backoff().failures() == 0);
  state.warm_start.remember({g.data(), rows, 3});
  state.warm_start.backoff().failed();
  state.warm_start.backoff().failed();
  const auto before = state;
  CHECK_THROWS_AS(step(recipe, w, g, 0.1, state, workspace), std::runtime_error);
  CHECK(same(state, before));
  CHECK(w.isZero(0));
}

TEST_CASE("a warm run that is saved and resumed is the run that was not, bit for bit") {
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("pion_warm_" + std::to_string(std::random_device()())))
                               .string();
  for_each_rule([&path](const auto& recipe, double /*tolerance*/) {
    const std::vector<Matrix> g = gradients(6);
    Matrix w = Matrix::Zero(rows, cols), resumed = w;
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    States<float> other;
    for (std::size_t i = 0; i < g.size(); ++i) {
      step(recipe, w, g[i], 0.1, state, workspace);
      if (i == 2) {
        state.warm_start.backoff().failed();
        state.warm_start.backoff().failed();
        state.warm_start.backoff().should_try();
        save(path, States<float>{{"w", state}});
        resumed = w;
        other["w"] = initial_state(recipe, w);
        load(path, other);
        CHECK(same(other["w"], state));
      }
      if (i > 2) step(recipe, resumed, g[i], 0.1, other["w"], workspace);
    }
    CHECK(resumed == w);
    CHECK(same(other["w"], state));
  });
  // A start for another parameter is refused by name.
  const auto recipe = presets::pion_within(compressed(1e-4));
  const Matrix w = Matrix::Zero(rows, cols);
  States<float> states{{"w", initial_state(recipe, w)}};
  Matrix short_basis = Matrix::Ones(rows - 1, 1);
  states["w"].warm_start.remember({short_basis.data(), rows - 1, 1});
  save(path, states);
  States<float> model{{"w", initial_state(recipe, w)}};
  CHECK_THROWS_WITH(load(path, model),
                    has_text("the warm start of \"w\" has 129 rows, the model's momentum 130"));
  CHECK(model["w"].warm_start.directions() == 0);
  std::filesystem::remove(path);
}

TEST_CASE("a start of no numbers, or that misses a direction, spoils nothing") {
  std::mt19937_64 random(502);
  Eigen::VectorXd sigma(2);
  sigma << 0.9, 0.43;  // kp = 1 lets the second through by a part
  const known::Known known(rows, cols, sigma, random);
  const Matrix x = known.matrix().cast<float>();
  const Filter f{chains::high_pass(1)};
  Workspace workspace;
  for (const bool numbers : {true, false}) {
    WarmStart<float> start;
    Matrix basis = known.u.leftCols(1).cast<float>();
    if (!numbers) basis.setConstant(std::numeric_limits<float>::quiet_NaN());
    start.remember({basis.data(), rows, 1});
    Matrix y(rows, cols);
    const ApplyInfo info = apply(f, x, y, workspace, compressed(1e-4), &start);
    REQUIRE(info.method == Method::low_rank);
    CHECK(info.rank == 2);
    CHECK((y.cast<double>() - known.filtered(f.chain)).norm() <=
          *info.bound + SlopeBounds(f.chain).steepest() * known::unit_roundoff<float>());
  }
}
