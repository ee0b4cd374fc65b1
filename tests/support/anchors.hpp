// SPDX-License-Identifier: Apache-2.0
#pragma once

// Published optimisers in a table, and the laws that a table of them obeys. Every recipe is behind
// AnyRecipe, so that a file compiles the step of each but once.

#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <pion/optimizer/any_recipe.hpp>
#include <pion/optimizer/checkpoint.hpp>
#include <pion/optimizer/parts/polar_rule.hpp>

#include "support/addresses.hpp"
#include "support/catch.hpp"

namespace anchors {

using Eigen::MatrixXd;
using pion::Index;
using pion::optimizer::AnyRecipe;
using pion::optimizer::Outcome;
using pion::optimizer::StepInfo;
using pion::optimizer::StepInputs;
using pion::optimizer::StepWorkspace;
using State = pion::optimizer::State<double>;

inline constexpr double rate = 0.05;
inline const pion::optimizer::Polar exact{pion::Filter{pion::chains::muon()}, true};

/// What is known of the weights after the third step: W[0, 0], the sum of the entries, the norm.
struct Known {
  double first, sum, norm;
};

/// An optimiser, and what holds of it.
struct Member {
  std::string name;
  AnyRecipe<double> recipe;
  Known tall{}, wide{};                      ///< After the steps of 4x3 and 3x4; norm 0: not known.
  bool transposes = false;                   ///< step(W^T, G^T) = step(W, G)^T.
  std::optional<bool> ignores_size = false;  ///< The gradients may be four times as large.
  std::function<void(State&)> begin = [](State&) {};
  /// The loss of step t.
  std::function<std::optional<double>(int)> loss = [](int) { return std::nullopt; };
  int steps = 3;                ///< After which the numbers are known.
  bool needs_previous = false;  ///< It is told the last step's gradient times .9, first zeros.
};

/// A member whose numbers are those of data/make_family.py, after five steps.
inline Member after_five(const char* name, const AnyRecipe<double>& recipe, const Known& tall,
                         const Known& wide) {
  Member member{name, recipe, tall, wide};
  member.steps = 5;
  return member;
}

inline MatrixXd first_weights(Index rows, Index cols) {
  return MatrixXd::NullaryExpr(
      rows, cols, [](Index i, Index j) { return std::sin(1.0 + static_cast<double>(i + 2 * j)); });
}
inline MatrixXd gradient(Index rows, Index cols, int t) {
  return MatrixXd::NullaryExpr(rows, cols, [t](Index i, Index j) {
    const auto a = static_cast<double>(i), b = static_cast<double>(j);
    return std::cos(1.0 + 2.0 * a + 3.0 * b + 5.0 * t) + 0.1 * (a - b);
  });
}

/// An optimiser that steps one matrix.
struct Run {
  Run(const Member& which, const MatrixXd& weights)
      : member(which), w(weights), state(which.recipe.initial_state(w.rows(), w.cols())) {
    member.begin(state);
  }
  StepInfo step(const MatrixXd& g) {
    using pion::optimizer::any_map;
    StepInputs<double> inputs;
    inputs.loss = member.loss(static_cast<int>(state.steps) + 1);
    const MatrixXd past = 0.9 * last;
    if (member.needs_previous) {
      inputs.previous_gradient.emplace(
          any_map(past.data(), past.rows(), past.cols(), Index(1), past.rows()));
    }
    last = g;
    return member.recipe.step(any_map(w.data(), w.rows(), w.cols(), Index(1), w.rows()),
                              any_map(g.data(), g.rows(), g.cols(), Index(1), g.rows()), rate,
                              state, workspace, inputs);
  }

  const Member& member;
  MatrixXd w;
  State state;
  MatrixXd last = MatrixXd::Zero(w.rows(), w.cols());
  StepWorkspace workspace;
};

template <class A>
bool same_bits(const A& a, const A& b) {
  const std::size_t bytes = sizeof(*a.data()) * static_cast<std::size_t>(a.size());
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         (bytes == 0 || std::memcmp(a.data(), b.data(), bytes) == 0);
}
inline bool same_state(const State& a, const State& b) {
  bool same = a.steps == b.steps && same_bits(a.momentum, b.momentum) &&
              same_bits(a.second_moment, b.second_moment) && a.parts.size() == b.parts.size();
  for (std::size_t i = 0; same && i < a.parts.size(); ++i) {
    same = a.parts[i].name == b.parts[i].name && same_bits(a.parts[i].values, b.parts[i].values) &&
           same_bits(a.parts[i].codes, b.parts[i].codes);
  }
  return same;
}

/// The steps give the known numbers, which have nine decimals.
inline void check_known(const Member& member) {
  for (const bool is_tall : {true, false}) {
    const Known& known = is_tall ? member.tall : member.wide;
    if (known.norm == 0.0) continue;
    const Index rows = is_tall ? 4 : 3, cols = is_tall ? 3 : 4;
    Run run(member, first_weights(rows, cols));
    for (int t = 1; t <= member.steps; ++t) {
      REQUIRE(run.step(gradient(rows, cols, t)).taken());
    }
    INFO(member.name << (is_tall ? " 4x3" : " 3x4"));
    const auto near = [](double value, double expected) {
      INFO(value << " " << expected);
      CHECK(std::fabs(value - expected) <= 0.5001e-9 + 1e-10 * std::fabs(expected));
    };
    near(run.w(0, 0), known.first);
    near(run.w.sum(), known.sum);
    near(run.w.norm(), known.norm);
  }
}

inline std::vector<MatrixXd> random_gradients(Index rows, Index cols, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> gauss;
  std::vector<MatrixXd> all;
  for (int t = 0; t < 5; ++t) {
    all.push_back(MatrixXd::NullaryExpr(rows, cols, [&](Index, Index) { return gauss(random); }));
  }
  return all;
}

/// Transposition and size of the gradients, over random shapes.
inline void check_symmetries(const Member& member) {
  std::mt19937_64 random(16);
  std::uniform_int_distribution<Index> size(2, 9);
  for (unsigned k = 0; k < 6; ++k) {
    const Index rows = size(random);
    Index cols = size(random);
    if (cols == rows) ++cols;
    const auto all = random_gradients(rows, cols, k);
    Run run(member, first_weights(rows, cols)), turned(member, run.w.transpose()),
        larger(member, run.w), smaller(member, run.w);
    for (const MatrixXd& g : all) {
      REQUIRE(run.step(g).taken());
      REQUIRE(turned.step(g.transpose()).taken());
      REQUIRE(larger.step(4.0 * g).taken());
      REQUIRE(smaller.step(0.01 * g).taken());
    }
    INFO(member.name << " " << rows << "x" << cols);
    // Rounding, of an SVD of matrices whose condition may be a hundred; and the epsilons, of 1e-7
    // at most, beside numbers that are hardly ever below 1e-2.
    const double moved = (run.w - first_weights(rows, cols)).norm();
    CHECK(((turned.w.transpose() - run.w).norm() <= 1e-11 * moved) == member.transposes);
    if (!member.ignores_size) continue;
    const bool same = (larger.w - run.w).norm() <= 1e-5 * moved;
    const bool same_too = (smaller.w - run.w).norm() <= 1e-3 * moved;
    CHECK((*member.ignores_size ? same : !(same && same_too)));
  }
}

/// A refused step changes nothing; empty parameters step; a state that was saved goes on the same.
inline void check_state(const Member& member) {
  INFO(member.name);
  const Index rows = 5, cols = 3;
  const auto all = random_gradients(rows, cols, 7);
  Run run(member, first_weights(rows, cols));
  REQUIRE(run.step(all[0]).taken());
  REQUIRE(run.step(all[1]).taken());
  const State before = run.state;
  const MatrixXd weights = run.w;
  MatrixXd bad = all[2];
  bad(4, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(run.step(bad).outcome == Outcome::gradient_not_finite);
  CHECK(same_state(run.state, before));
  CHECK(same_bits(run.w, weights));
  run.w(2, 2) = std::numeric_limits<double>::infinity();
  CHECK(run.step(all[2]).outcome == Outcome::result_not_finite);
  CHECK(same_state(run.state, before));
  run.w = weights;

  const std::string path =
      (std::filesystem::temp_directory_path() / ("pion_" + std::to_string(rows) + "_states"))
          .string();
  pion::optimizer::States<double> states{{"w", run.state}};
  pion::optimizer::save(path, states);
  Run again(member, weights);
  pion::optimizer::States<double> read{{"w", again.state}};
  pion::optimizer::load(path, read);
  std::filesystem::remove(path);
  again.state = read["w"];
  CHECK(same_state(again.state, run.state));
  for (int t = 2; t < 5; ++t) {
    REQUIRE(run.step(all[static_cast<std::size_t>(t)]).taken());
    REQUIRE(again.step(all[static_cast<std::size_t>(t)]).taken());
  }
  CHECK(same_bits(again.w, run.w));

  Run empty(member, MatrixXd(0, 3));
  CHECK(empty.step(MatrixXd(0, 3)).taken());
}

/// The steps do not depend on where a state or a part's own matrices lie.
inline void check_addresses(const Member& member) {
  INFO(member.name);
  const Index rows = 7, cols = 12;
  const auto all = random_gradients(rows, cols, 3);
  std::optional<MatrixXd> first;
  at_many_addresses([&] {
    Run run(member, first_weights(rows, cols));
    for (const MatrixXd& g : all) REQUIRE(run.step(g).taken());
    if (!first) first = run.w;
    CHECK(same_bits(run.w, *first));
  });
}

/// A recipe with decay .1.
template <class Recipe>
Recipe decayed(Recipe recipe) {
  recipe.decay.rate = 0.1;
  return recipe;
}

}  // namespace anchors
