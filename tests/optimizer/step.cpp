// SPDX-License-Identifier: Apache-2.0
// Covers its own header and optimizer/recipe/any_map.hpp, optimizer/recipe/buffers.hpp,
// optimizer/recipe/check.hpp, optimizer/recipe/context.hpp, optimizer/recipe/decay.hpp,
// optimizer/find_direction.hpp, optimizer/recipe/momentum.hpp, optimizer/recipe/recipe.hpp,
// optimizer/recipe/rms_normalized.hpp, optimizer/recipe/run_part.hpp, optimizer/recipe/scale.hpp,
// optimizer/recipe/sequence.hpp, optimizer/recipe/signature.hpp, optimizer/step_memory.hpp. One
// step of an optimiser: the right arithmetic for every combination of its four choices, in any
// memory, and nothing changed where it is refused.

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <pion/design/low_pass.hpp>
#include <pion/optimizer.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using namespace pion::optimizer;

namespace {

using Real = reference::Real;
using Dense = reference::Matrix;

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

template <class T>
std::vector<Matrix<T>> gradients(Index rows, Index cols, int count, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<Matrix<T>> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(reference::random_matrix(rows, cols, random, 1.0).template cast<T>());
  }
  return all;
}

/// Equal to the last bit, NaNs and signs of zero included.
template <class A>
bool same_bits(const A& a, const A& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
  const std::size_t bytes = sizeof(*a.data()) * static_cast<std::size_t>(a.size());
  return bytes == 0 || std::memcmp(a.data(), b.data(), bytes) == 0;
}

template <class T>
bool same_state(const State<T>& a, const State<T>& b) {
  return a.steps == b.steps && same_bits(a.momentum, b.momentum) &&
         same_bits(a.second_moment, b.second_moment);
}

/// The rule's input after all of g, as the explicit sum over the gradients.
template <class T>
Dense input_of(const HeavyBall& form, const std::vector<Matrix<T>>& g, std::size_t t) {
  Dense sum = Dense::Zero(g[0].rows(), g[0].cols());
  for (std::size_t s = 0; s <= t; ++s) {
    sum += std::pow(Real(form.momentum), Real(t - s)) * g[s].template cast<Real>();
  }
  return form.nesterov ? Dense(g[t].template cast<Real>() + form.momentum * sum) : sum;
}

template <class T>
Dense input_of(const Ema& form, const std::vector<Matrix<T>>& g, std::size_t t) {
  Dense sum = (1 - Real(form.beta)) * input_of(HeavyBall{form.beta}, g, t);
  if (!form.nesterov) return sum;
  return (1 - Real(form.beta)) * g[t].template cast<Real>() + form.beta * sum;
}

template <class T>
Dense input_of(const RmsNormalized& form, const std::vector<Matrix<T>>& g, std::size_t t) {
  std::vector<Dense> plain, squares;
  for (const Matrix<T>& one : g) {
    plain.push_back(one.template cast<Real>());
    squares.push_back(plain.back().cwiseAbs2());
  }
  const Real steps = static_cast<Real>(t + 1);
  const Dense m = input_of(Ema{form.beta1}, plain, t) / (1 - std::pow(Real(form.beta1), steps));
  const Dense v = input_of(Ema{form.beta2}, squares, t) / (1 - std::pow(Real(form.beta2), steps));
  return m.array() / (v.array().sqrt() + Real(form.epsilon));
}

/// Runs a recipe of the identity rule beside the same recursion in long double.
template <class T, class Momentum, class Scale, class Decay>
void check_trajectory(const Momentum& momentum, const Scale& scale, const Decay& decay, Index rows,
                      Index cols) {
  constexpr int steps = 12;
  constexpr double lr = 0.05;
  const Recipe recipe{Identity{}, momentum, scale, decay};
  const auto g = gradients<T>(rows, cols, steps);
  Matrix<T> w = gradients<T>(rows, cols, 1, 9)[0];
  Dense expected = w.template cast<Real>();
  auto state = initial_state(recipe, w);
  StepWorkspace workspace;
  std::vector<Matrix<Real>> seen;
  Real largest = 0;
  for (std::size_t t = 0; t < steps; ++t) {
    Dense gradient = g[t].template cast<Real>();
    gradient += Real(decay.in_gradient()) * expected;
    seen.push_back(gradient);
    const StepInfo info = step(recipe, w, g[t], lr, state, workspace);
    REQUIRE(info.taken());
    const Dense x = input_of(momentum, seen, t);
    Direction d;
    d.norm = static_cast<double>(x.norm());
    const Dense update = Real(lr * scale.factor(rows, cols, d)) * x;
    expected = Real(decay.retention(lr)) * expected - update;
    largest = std::max({largest, expected.norm(), x.norm(), update.norm()});
    CHECK(std::fabs(info.update_norm - static_cast<double>(update.norm())) <=
          100 * static_cast<double>(reference::eps<T>() * largest));
  }
  CHECK(state.steps == steps);
  // A handful of roundings a step, of numbers up to the largest met; the division by the root of V
  // doubles what V brings.
  CHECK(reference::distance(w, expected) <= 10 * steps * reference::eps<T>() * largest);
}

}  // namespace

// Scales and decays meet the momentum in one number only, so each is met once; but a coupled decay
// is a part of the gradient, which a second moment squares.
TEMPLATE_TEST_CASE("every momentum form, scale and decay does what its formula says", "", float,
                   double) {
  using T = TestType;
  for (const auto& shape : {std::pair<Index, Index>{1, 1}, {5, 3}, {3, 8}, {1, 6}}) {
    const Index rows = shape.first, cols = shape.second;
    const auto check = [&](const auto& momentum, const auto& scale, const auto& decay) {
      check_trajectory<T>(momentum, scale, decay, rows, cols);
    };
    check(HeavyBall{0.9}, Unscaled{}, DecoupledDecay{0.3});
    check(HeavyBall{0.8, true}, Unscaled{}, DecoupledDecay{0.3});
    check(Ema{0.9}, RmsScale{0.4}, DecoupledDecay{0.1});
    check(Ema{0.8, true}, RmsScale{0.4}, DecoupledDecay{0.1});
    check(RmsNormalized{0.9, 0.95, 1e-3}, SqrtMaxScale{0.3}, CoupledDecay{0.2});
    if constexpr (std::is_same_v<T, double>) {
      check(HeavyBall{0.9}, JordanScale{}, IndependentDecay{0.1});
      check(Ema{0.9}, SpectralScale{}, CoupledDecay{0.2});
      check(RmsNormalized{0.9, 0.95, 1e-3}, RmsScale{0.4}, IndependentDecay{0.1});
    }
  }
}

TEST_CASE("scale factors") {
  Direction d;
  d.norm = 2.0;
  CHECK(Unscaled{}.factor(2, 8, d) == 1.0);
  CHECK(JordanScale{}.factor(2, 8, d) == 1.0);
  CHECK(JordanScale{}.factor(8, 2, d) == 2.0);
  CHECK(SqrtMaxScale{0.2}.factor(9, 4, d) == 0.2 * 3.0);
  CHECK(SpectralScale{}.factor(2, 8, d) == 0.5);
  CHECK(RmsScale{0.5}.factor(2, 8, d) == 0.5 * 4.0 / 2.0);
  d.dead = true;
  CHECK(RmsScale{0.5}.factor(2, 8, d) == 0.0);
  CHECK(RmsScale{0.5}.factor(2, 8, Direction()) == 0.0);  // no gradient has come yet
}

TEST_CASE("decay forms") {
  CHECK(DecoupledDecay{0.5}.retention(0.25) == 0.875);
  CHECK(IndependentDecay{0.5}.retention(0.25) == 0.5);
  CHECK(CoupledDecay{0.5}.retention(0.25) == 1.0);
  CHECK(DecoupledDecay{0.5}.in_gradient() == 0.0);
  CHECK(IndependentDecay{0.5}.in_gradient() == 0.0);
  CHECK(CoupledDecay{0.5}.in_gradient() == 0.5);
}

TEST_CASE("without an epsilon, an entry whose gradient was always zero stays where it is") {
  const Recipe recipe{Identity{}, RmsNormalized{0.9, 0.99, 0.0}};
  Matrix<float> w = Matrix<float>::Ones(1, 2);
  auto state = initial_state(recipe, w);
  StepWorkspace workspace;
  const Eigen::RowVector2f g(0.0F, 3.0F);
  REQUIRE(step(recipe, w, g, 0.5, state, workspace).taken());
  CHECK(w(0, 0) == 1.0F);
  CHECK(std::fabs(w(0, 1) - 0.5F) <= 4 * std::numeric_limits<float>::epsilon());
}

TEMPLATE_TEST_CASE("a step is the rule's direction, scaled", "", float, double) {
  using T = TestType;
  const Filter filter{chains::high_pass(2)};
  for (const auto& shape : {std::pair<Index, Index>{6, 10}, {10, 6}, {7, 7}}) {
    const Index rows = shape.first, cols = shape.second;
    const auto g = gradients<T>(rows, cols, 1);
    const auto check = [&](const auto& rule, const Matrix<T>& direction) {
      const Recipe recipe{rule, HeavyBall{}, SqrtMaxScale{0.2}};
      Matrix<T> w = Matrix<T>::Zero(rows, cols);
      auto state = initial_state(recipe, w);
      StepWorkspace workspace;
      const StepInfo info = step(recipe, w, g[0], 0.5, state, workspace);
      const double factor = 0.5 * 0.2 * std::sqrt(static_cast<double>(std::max(rows, cols)));
      CHECK(same_bits(w, Matrix<T>(-static_cast<T>(factor) * direction)));
      CHECK(std::fabs(info.direction.norm - static_cast<double>(direction.norm())) <=
            16 * static_cast<double>(reference::eps<T>()));
    };
    check(Filtered{filter}, apply(filter, g[0]));
    check(FilteredPerHead<>{filter, Heads{1, Axis::cols}}, apply(filter, g[0]));
    if (rows % 2 == 0) {
      const Heads heads{2, Axis::rows};
      check(FilteredPerHead<>{filter, heads, ScaleShape::whole},
            apply_per_head(filter, g[0], heads));
    }
  }
}

TEST_CASE("LPMuon is the low-pass of its cutoff, .5 unless another is given") {
  const Matrix<float> g = gradients<float>(8, 12, 1)[0];
  const auto check = [&g](const auto& recipe, double tau) {
    Matrix<float> w = Matrix<float>::Zero(8, 12);
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    step(recipe, w, g, 1.0, state, workspace);
    CHECK(same_bits(w, Matrix<float>(-apply(Filter{chains::low_pass(tau)}, g))));
  };
  check(presets::lp_muon(), 0.5);
  check(presets::lp_muon(0.3), 0.3);
}

TEMPLATE_TEST_CASE("memory of any order and stride is stepped in place, to the same bits", "",
                   float, Eigen::bfloat16) {
  using T = TestType;
  using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto g = gradients<T>(6, 9, 3);
  const Matrix<T> w0 = gradients<T>(6, 9, 1, 7)[0];
  const auto run = [&](const auto& recipe) {
    StepWorkspace workspace;
    Matrix<T> w = w0;
    auto expected = initial_state(recipe, w);
    for (const auto& one : g) step(recipe, w, one, 0.1, expected, workspace);

    const auto same = [&](auto&& other) {
      other = w0;
      auto state = initial_state(recipe, other);
      for (const auto& one : g) step(recipe, other, RowMajor(one), 0.1, state, workspace);
      CHECK(Matrix<T>(other) == w);
      CHECK(same_state(state, expected));
    };
    same(RowMajor(6, 9));
    Matrix<T> outer = Matrix<T>::Constant(10, 20, T(3.0F));
    same(outer.block(2, 4, 6, 9));
    CHECK(outer.topRows(2) == Matrix<T>::Constant(2, 20, T(3.0F)));
    std::vector<T> memory(6 * 9 * 2);
    same(any_map(memory.data(), 6, 9, 18, 2));
    same(row_major(memory.data(), 6, 9));

    const AnyRecipe<T> any = recipe;
    Matrix<T> v = w0;
    auto state = any.initial_state(6, 9);
    for (const auto& one : g) {
      any.step(any_map(v.data(), 6, 9, 1, 6), any_map(one.data(), 6, 9, 1, 6), 0.1, state,
               workspace);
    }
    CHECK(v == w);
  };
  run(presets::pion());
  if constexpr (std::is_same_v<T, float>) run(presets::adamw());  // with a second matrix of state
}

TEST_CASE("a refused step leaves parameter and state as they were, bit for bit") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float most = std::numeric_limits<float>::max();
  const auto refuses = [](const auto& recipe, const Matrix<float>& w0, const Matrix<float>& g,
                          Outcome why) {
    Matrix<float> w = w0;
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    Matrix<float> first = Matrix<float>::Random(4, 5);
    if (w0.allFinite()) REQUIRE(step(recipe, w, first, 0.1, state, workspace).taken());
    const Matrix<float> before = w;
    const auto state_before = state;
    const StepInfo info = step(recipe, w, g, 0.1, state, workspace);
    CHECK(info.outcome == why);
    CHECK(info.update_norm == 0.0);
    CHECK(same_bits(w, before));
    CHECK(same_state(state, state_before));
  };
  const auto all = [&](const auto& recipe) {
    const Matrix<float> w = Matrix<float>::Random(4, 5);
    for (const float bad : {infinity, -infinity, nan}) {
      Matrix<float> g = Matrix<float>::Random(4, 5);
      g(3, 2) = bad;
      refuses(recipe, w, g, Outcome::gradient_not_finite);
      Matrix<float> v = w;
      v(1, 4) = bad;
      refuses(recipe, v, Matrix<float>::Random(4, 5), Outcome::result_not_finite);
    }
  };
  all(presets::sgd());
  all(presets::adamw());
  all(presets::muon());
  all(presets::pion_per_head(Heads{2}));
  all(presets::adam_power(Power::quarter));
  // Finite gradients whose moments overflow, and a parameter that does.
  const Matrix<float> w = Matrix<float>::Random(4, 5);
  refuses(presets::adamw(), w, Matrix<float>::Constant(4, 5, 1e30F), Outcome::result_not_finite);
  refuses(Recipe{Identity{}, HeavyBall{0.9, true}}, w, Matrix<float>::Constant(4, 5, most),
          Outcome::result_not_finite);
  refuses(presets::moonlight(), w, Matrix<float>::Constant(4, 5, most), Outcome::result_not_finite);
  refuses(Recipe{Identity{}, HeavyBall{0.0}, SqrtMaxScale{1e10F}}, w,
          Matrix<float>::Constant(4, 5, 1e35F), Outcome::result_not_finite);
}

TEST_CASE("a step that would overflow a half is refused, one that fits is not") {
  const Recipe recipe{Identity{}, HeavyBall{0.0}};
  using Half = Eigen::half;
  Matrix<Half> w = Matrix<Half>::Constant(2, 2, Half(60000.0F));
  auto state = initial_state(recipe, w);
  StepWorkspace workspace;
  const Matrix<float> g = Matrix<float>::Constant(2, 2, -100.0F);
  CHECK(step(recipe, w, g, 10.0, state, workspace).taken());
  CHECK(w(0, 0) == Half(61000.0F));
  const Matrix<Half> before = w;
  CHECK(step(recipe, w, g, 100.0, state, workspace).outcome == Outcome::result_not_finite);
  CHECK(w == before);
  CHECK(state.steps == 1);
}

TEST_CASE("a dead update says so; only the decay moves the parameter") {
  const Matrix<float> flat = Matrix<float>::Identity(8, 8);
  Matrix<float> w = Matrix<float>::Constant(8, 8, 2.0F);
  Recipe recipe{Filtered{{chains::high_pass(0)}}, HeavyBall{}, RmsScale{}, DecoupledDecay{0.5}};
  auto state = initial_state(recipe, w);
  StepWorkspace workspace;
  const StepInfo info = step(recipe, w, flat, 0.5, state, workspace);
  CHECK(info.taken());
  CHECK(info.direction.dead);
  CHECK(info.update_norm == 0.0);
  CHECK(w == Matrix<float>::Constant(8, 8, 1.5F));

  const Recipe per_head{FilteredPerHead<>{{chains::high_pass(0)}, Heads{2}}, HeavyBall{}};
  Matrix<float> half_flat = flat;
  half_flat.topRows(4).setOnes();
  auto heads_state = initial_state(per_head, w);
  const StepInfo one = step(per_head, w, half_flat, 0.5, heads_state, workspace);
  CHECK(one.direction.dead_heads == 1);
  CHECK(!one.direction.dead);
}

TEST_CASE("wrong arguments are refused in words, and nothing is written") {
  const auto recipe = presets::muon();
  Matrix<float> w = Matrix<float>::Ones(3, 4);
  const Matrix<float> g = Matrix<float>::Ones(3, 4);
  auto state = initial_state(recipe, w);
  StepWorkspace workspace;
  const auto try_step = [&](const auto& r, const Matrix<float>& gradient, double lr, auto& s) {
    step(r, w, gradient, lr, s, workspace);
  };
  CHECK_THROWS_WITH(try_step(recipe, Matrix<float>::Ones(4, 3), 0.1, state),
                    "step: the gradient is 4x3 and the parameter is 3x4");
  CHECK_THROWS_WITH(try_step(recipe, g, -0.1, state),
                    "step: the learning rate is -0.1; it must be finite and not negative");
  CHECK_THROWS_AS(try_step(recipe, g, std::nan(""), state), std::invalid_argument);
  auto other = initial_state(presets::adamw(), w);
  CHECK_THROWS_WITH(try_step(recipe, g, 0.1, other),
                    "step: the state's second_moment is 3x4, this recipe and parameter have 0x0; "
                    "make the state with initial_state()");
  State<float> none;
  CHECK_THROWS_WITH(try_step(recipe, g, 0.1, none),
                    "step: the state's momentum is 0x0, this recipe and parameter have 3x4; make "
                    "the state with initial_state()");
  CHECK_THROWS_WITH(initial_state(Recipe{Identity{}, HeavyBall{1.0}}, w),
                    "HeavyBall: momentum is 1; it must be in [0, 1)");
  CHECK_THROWS_WITH(initial_state<float>(recipe, -1, 2),
                    "initial_state: a parameter cannot be -1x2");
  const auto heads = presets::pion_per_head(Heads{2});
  CHECK_THROWS_WITH(try_step(heads, g, 0.1, state),
                    "apply_per_head: 3 rows do not divide into 2 heads");
  CHECK(w == Matrix<float>::Ones(3, 4));
  CHECK(state.steps == 0);
  CHECK(state.momentum.isZero(0));
}

TEST_CASE("scales and decays have a range, as momenta have") {
  Matrix<float> w = Matrix<float>::Ones(2, 3);
  const Matrix<float> g = w;
  StepWorkspace workspace;
  const auto refuses = [&](auto recipe, const std::string& why) {
    CHECK_THROWS_WITH(initial_state(recipe, w), why);
    auto state = initial_state<float>(presets::muon(), 2, 3);
    CHECK_THROWS_WITH(step(recipe, w, g, 0.1, state, workspace), why);
    CHECK(state.steps == 0);
  };
  const Filtered muon{{chains::muon()}};
  const HeavyBall ball{0.95};
  refuses(Recipe{muon, ball, SqrtMaxScale{-5.0}},
          "SqrtMaxScale: multiple is -5; it must be finite and not negative");
  refuses(Recipe{muon, ball, RmsScale{-1e-9}},
          "RmsScale: rms is -1e-09; it must be finite and not negative");
  refuses(Recipe{muon, ball, Unscaled{}, DecoupledDecay{-0.5}},
          "DecoupledDecay: rate is -0.5; it must be finite and not negative");
  refuses(Recipe{muon, ball, Unscaled{}, CoupledDecay{std::numeric_limits<double>::infinity()}},
          "CoupledDecay: rate is inf; it must be finite and not negative");
  refuses(Recipe{muon, ball, Unscaled{}, IndependentDecay{1.5}},
          "IndependentDecay: rate is 1.5; it must be in [0, 1]");
  refuses(Recipe{muon, RmsNormalized{0.9, 1.0}}, "RmsNormalized: beta2 is 1; it must be in [0, 1)");
  refuses(Recipe{SpectralPower{Power::half, -1.0}, ball},
          "SpectralPower: absolute_ridge is -1; it must be finite and not negative");
  // A decay that turns the weights' signs is seen with the learning rate.
  const Recipe decayed{muon, ball, Unscaled{}, DecoupledDecay{2.0}};
  auto state = initial_state(decayed, w);
  CHECK_THROWS_WITH(step(decayed, w, g, 1.0, state, workspace),
                    "step: what the decay multiplies the weights by is -1; it must be in [0, 1]");
  CHECK(w == Matrix<float>::Ones(2, 3));
  CHECK(step(decayed, w, g, 0.5, state, workspace).taken());  // by 0
}

TEST_CASE("a parameter whose entries share memory is refused, one with gaps is not") {
  // Against the addresses themselves.
  std::vector<float> memory(400, 1.0F);
  const auto recipe = presets::sgd();
  StepWorkspace workspace;
  for (const auto& [rows, cols] : {std::pair<Index, Index>{1, 1}, {1, 4}, {4, 1}, {3, 4}, {4, 4}}) {
    const Matrix<float> g = Matrix<float>::Ones(rows, cols);
    for (Index down = 0; down < 8; ++down) {
      for (Index across = 0; across < 8; ++across) {
        std::vector<int> times(400, 0);
        bool shared = false;
        for (Index i = 0; i < rows; ++i) {
          for (Index j = 0; j < cols; ++j) {
            shared = ++times[static_cast<std::size_t>(i * down + j * across)] > 1 || shared;
          }
        }
        auto map = any_map(memory.data(), rows, cols, down, across);
        auto state = initial_state(recipe, map);
        std::string why;
        try {
          step(recipe, map, g, 0.1, state, workspace);
        } catch (const std::invalid_argument& e) {
          why = e.what();
        }
        CHECK(shared == !why.empty());
        CHECK(state.steps == (shared ? 0 : 1));
        if (rows == 3 && down == 0 && across == 0) {
          CHECK(why ==
                "step: entries of the parameter share memory: it is 3x4 with a stride of 0 "
                "between rows and of 0 between columns");
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("a head is scaled by its own shape, or by the whole's where the rule says so",
                   "", float, double) {
  using T = TestType;
  const Filter filter{chains::muon()};
  const auto check = [&](const auto& layout, const auto& scale, Index rows, Index cols) {
    const Matrix<T> g = gradients<T>(rows, cols, 1)[0];
    for (const ScaleShape shape : {ScaleShape::head, ScaleShape::whole}) {
      const Recipe recipe{FilteredPerHead{filter, layout, shape}, HeavyBall{0.0}, scale};
      Matrix<T> w = Matrix<T>::Zero(rows, cols);
      auto state = initial_state(recipe, w);
      StepWorkspace workspace;
      const StepInfo info = step(recipe, w, g, 0.5, state, workspace);
      Matrix<T> expected = apply_per_head(filter, g, layout);
      for (Index i = 0; i < head_count(layout); ++i) {
        auto head = head_block(expected, layout, i);
        const bool own = shape == ScaleShape::head;
        head *= static_cast<T>(-0.5 * scale.factor(own ? head.rows() : rows,
                                                   own ? head.cols() : cols, info.direction));
      }
      // The factor is rounded, and multiplied by the rate before or after.
      CHECK((w - expected).norm() <= 4 * std::numeric_limits<T>::epsilon() * expected.norm());
      CHECK(std::fabs(info.update_norm - static_cast<double>(expected.norm())) <=
            static_cast<double>(g.size()) * static_cast<double>(reference::eps<T>()) *
                info.update_norm);
    }
  };
  const auto all = [&](const auto& scale) {
    check(Heads{4}, scale, 8, 16);
    check(Heads{2, Axis::cols}, scale, 4, 12);
    check(FusedHeads{{{6, 1}, {2, 1}, {2, 1}}}, scale, 10, 6);  // q, k and v, each a whole
    check(FusedHeads{{{6, 1}, {0, 1}, {4, 2}}, Axis::cols}, scale, 5, 10);
  };
  all(SpectralScale{});
  all(JordanScale{});
  all(SqrtMaxScale{0.2});

  // RmsScale is over the norm of the whole update.
  const Matrix<T> g = gradients<T>(10, 6, 1)[0];
  const Recipe recipe{FilteredPerHead{filter, FusedHeads{{{6, 1}, {2, 1}, {2, 1}}}}, HeavyBall{0.0},
                      RmsScale{0.2}};
  Matrix<T> w = Matrix<T>::Zero(10, 6);
  auto state = initial_state(recipe, w);
  StepWorkspace workspace;
  step(recipe, w, g, 1.0, state, workspace);
  CHECK(std::fabs(static_cast<double>(w.norm()) / (0.2 * std::sqrt(60.0)) - 1.0) <=
        60 * static_cast<double>(reference::eps<T>()));
}

TEST_CASE("the factors of the attention projections that are trained") {
  const auto factor = [](const auto& layout, const auto& scale, Index rows, Index cols) {
    const FilteredPerHead rule{Filter{}, layout};
    return pion::detail::common_factor(rule, scale, rows, cols, Direction());
  };
  CHECK(factor(Heads{32}, SpectralScale{}, 4096, 4096) == std::sqrt(128.0 / 4096.0));
  // q, k and v of 4096, 1024 and 1024 rows have 1; all of them in one matrix would have sqrt(1.5).
  const FusedHeads fused{{{4096, 1}, {1024, 1}, {1024, 1}}};
  CHECK(factor(fused, JordanScale{}, 6144, 4096) == 1.0);
  CHECK(!factor(fused, SpectralScale{}, 6144, 4096));
}

TEST_CASE("empty parameters step, and change nothing") {
  for (const auto& [rows, cols] : {std::pair<Index, Index>{0, 0}, {0, 3}, {4, 0}}) {
    Matrix<float> w(rows, cols);
    const auto recipe = presets::pion();
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    CHECK(step(recipe, w, Matrix<float>(rows, cols), 0.1, state, workspace).taken());
    CHECK(state.steps == 1);
  }
}
