// SPDX-License-Identifier: Apache-2.0
// Covers its own header, cuda/state.hpp, cuda/step_memory.hpp, cuda/rules.hpp, cuda/parts.hpp,
// cuda/step_bodies.hpp, cuda/part_bodies.hpp and cuda/quantile_bodies.hpp.
// An optimiser's step on a device is the host's, and one that is refused changes nothing.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <pion/cuda/svd.hpp>
#include <pion/optimizer/presets/adaptive.hpp>
#include <pion/optimizer/presets/filtering.hpp>
#include <pion/optimizer/presets/gradients.hpp>
#include <pion/optimizer/presets/low_rank.hpp>
#include <pion/optimizer/presets/norms.hpp>

#include "support.hpp"
#include "support/catch.hpp"

using namespace pion;
using reference::Real;
using support::Array;
using support::Context;
using support::Held;
using support::Order;
namespace presets = optimizer::presets;

namespace {

constexpr Order col = Order::columns, row = Order::rows;
constexpr double rate = 0.02;

/// A matrix of a state, brought here.
template <class T>
reference::Matrix read(const cuda::Matrix<T>& m) {
  std::vector<T> all(static_cast<std::size_t>(m.rows * m.cols));
  cuda::check(cudaMemcpy(all.data(), m.data, all.size() * sizeof(T), cudaMemcpyDeviceToHost),
              "cudaMemcpy");
  reference::Matrix x(m.rows, m.cols);
  for (Index j = 0; j < m.cols; ++j) {
    for (Index i = 0; i < m.rows; ++i) {
      x(i, j) = cuda::to_double(all[static_cast<std::size_t>(
          m.order == Order::columns ? i + j * m.stride : i * m.stride + j)]);
    }
  }
  return x;
}

template <class T>
T read(const T* at) {
  T value;
  cuda::check(cudaMemcpy(&value, at, sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
  return value;
}

/// The host's scalar of the same bits.
template <class T>
struct host {
  using type = T;
};
template <>
struct host<cuda::bfloat16> {
  using type = Eigen::bfloat16;
};
template <>
struct host<cuda::half> {
  using type = Eigen::half;
};

/// The filter of a rule, for its rounding; none changes nothing.
Filter filter_of(const optimizer::Identity&) { return {Chain{}, Normalizer::none}; }
template <class Rule>
Filter filter_of(const Rule& rule) {
  if constexpr (pion::detail::is_sequence<Rule>) {
    return rule.head().filter;
  } else {
    return rule.filter;
  }
}

/// The buffer of that name in a state of the host.
template <class T>
reference::Matrix buffer_of(const optimizer::State<T>& state, const std::string& name) {
  if (name == "momentum") return state.momentum.template cast<Real>();
  if (name == "second_moment") return state.second_moment.template cast<Real>();
  for (const auto& part : state.parts) {
    if (part.name == name) return part.values.template cast<Real>();
  }
  FAIL("no buffer " << name);
  return {};
}

/// Steps on both sides from the same start, held against each other after each.
template <class W, class G, class Recipe>
void check_steps(const Recipe& recipe, Order order, Order gradient_order) {
  using Host = typename host<W>::type;
  using T = cuda::sum_t<W>;
  const Index rows = 12, cols = 18;
  std::mt19937_64 random(61);
  Context context;
  Held<W> parameter(reference::random_matrix(rows, cols, random, 0.5), order);
  Eigen::Matrix<Host, Eigen::Dynamic, Eigen::Dynamic> w = parameter.get().template cast<Host>();
  cuda::State<T> state(recipe, parameter.view(), context);
  auto on_host = optimizer::initial_state(recipe, w);
  optimizer::StepWorkspace workspace;
  Array<cuda::StepInfo> infos(1);
  cuda::StepOptions options;
  options.info = infos.data();
  Real drift = 0;  // of the two parameters
  for (int t = 0; t < 4; ++t) {
    const Held<G> gradient(reference::random_matrix(rows, cols, random, 1.0), gradient_order);
    const reference::Matrix before = w.template cast<Real>();
    const auto told =
        optimizer::step(recipe, w, gradient.get().template cast<T>(), rate, on_host, workspace);
    optimizer::step(recipe, parameter.view(), gradient.view(), rate, state, context, options);
    context.synchronize();
    const cuda::StepInfo info = infos.get()[0];
    REQUIRE(info.outcome == cuda::StepInfo::taken);
    CHECK(read(state.steps()) == t + 1);
    CHECK(info.dead == told.direction.dead);
    // Products of two roundings each way; the compilers may fuse either's multiply-adds.
    const Real u = static_cast<Real>(cuda::Scalar<T>::epsilon);
    const auto close = [&](const reference::Matrix& a, const reference::Matrix& b, Real more = 0) {
      return reference::distance(a, b) <= 8 * (t + 1) * u * b.norm() + more;
    };
    reference::Matrix input = gradient.get();
    if (state.momentum().data != nullptr) input = buffer_of(on_host, "momentum");
    // The direction, to twice the rounding of the filter and its slope times the input's.
    const Filter f = filter_of(recipe.rule);
    Real length = static_cast<Real>(told.update_norm / told.direction.norm);
    if constexpr (cuda::has_factor<decltype(recipe.scale)>::value) {
      length = 0;  // the largest of the heads'
      pion::detail::for_each_factor(recipe.rule, recipe.scale, rows, cols, told.direction,
                                    [&length](Index, const optimizer::Block&, double factor) {
                                      length = std::max(length, static_cast<Real>(rate * factor));
                                    });
    }
    Real direction = 16 * (t + 1) * u * static_cast<Real>(told.direction.norm);
    if (!f.chain.empty()) {
      direction += 2 * reference::expected<T>(f, input, Method::gram).tolerance +
                   static_cast<Real>(SlopeBounds(f.chain).steepest()) * 16 * (t + 1) * u;
    }
    for (const auto& buffer : state.buffers()) {
      // Coupled decay brings the parameters' drift into the momentum.
      const reference::Matrix want = buffer_of(on_host, buffer.name);
      Real more = drift;
      constexpr bool behind = pion::detail::is_sequence<decltype(recipe.rule)>;
      if (behind && buffer.name.find("moment") != std::string::npos && buffer.name != "momentum") {
        // v = beta v + (1 - beta) O^2 of a direction that is `direction` off: 2 sqrt(v) of it, each
        // step. Then A = O / sqrt(v) is (1 + t ||A||) / sqrt(v) of it off, and twice that where its
        // norm N is set again. Before, ||O|| >= .6 sqrt(rows), as Muon's singular values are.
        more += 2 * (t + 1) * std::sqrt(want.maxCoeff()) * direction;
        const auto size = static_cast<Real>(told.direction.norm);
        const Real factor = size * std::sqrt(want.maxCoeff()) / (0.6L * std::sqrt(Real(rows)));
        direction *= 2 * (factor + (t + 1) * size) / std::sqrt(want.minCoeff());
      }
      CHECK(close(read(buffer.values), want, more));
    }
    // RmsScale divides by the norm, whose error is the direction's.
    const Real step = 2 * length * direction;
    CHECK(std::fabs(info.update_norm - told.update_norm) <= static_cast<double>(step + drift));
    drift +=
        step + 4 * u * before.norm() + static_cast<Real>(cuda::Scalar<W>::epsilon) * before.norm();
    CHECK(reference::distance(parameter.get(), w.template cast<Real>()) <= drift);
    CHECK(reference::distance(w, before) > 0);
    CHECK(parameter.gaps_untouched());
  }
}

/// What a recipe may not change when it refuses.
template <class W>
struct Before {
  reference::Matrix parameter;
  std::vector<reference::Matrix> buffers;
  std::int64_t steps = 0;

  Before(const Held<W>& w, const cuda::State<cuda::sum_t<W>>& state)
      : parameter(w.get()), steps(read(state.steps())) {
    for (const auto& buffer : state.buffers()) buffers.push_back(read(buffer.values));
  }
  friend bool operator==(const Before& a, const Before& b) {
    return a.parameter == b.parameter && a.buffers == b.buffers && a.steps == b.steps;
  }
};

}  // namespace

TEST_CASE("a step on a device is the host's step") {
  check_steps<float, float>(presets::pion(), row, row);
  check_steps<float, float>(presets::muon_jordan(), row, col);
  check_steps<double, double>(presets::moonlight(), col, col);
  check_steps<double, double>(presets::adamw(), row, row);
  check_steps<float, cuda::bfloat16>(presets::adamw(), col, row);
  check_steps<float, float>(presets::sgd(0.9, true), row, row);
  check_steps<cuda::bfloat16, cuda::bfloat16>(presets::muon_torch_rms(), row, row);
  check_steps<cuda::bfloat16, float>(presets::pion_released(1), row, row);
  check_steps<cuda::half, cuda::half>(presets::sgd(), col, col);
  check_steps<double, double>(presets::pion_per_head(Heads{3}), row, row);
  check_steps<float, float>(presets::pion_rlvr(Heads{6, Axis::cols}), col, row);
  // Heads of one shape, and of several, one of them without rows.
  const auto per_head = [](const auto& layout) {
    return optimizer::Recipe{optimizer::FilteredPerHead{Filter{chains::muon()}, layout},
                             optimizer::HeavyBall{}, optimizer::SpectralScale{}};
  };
  check_steps<double, double>(per_head(Heads{3}), row, row);
  check_steps<double, double>(per_head(FusedHeads{{{6, 3}, {0, 1}, {6, 1}}}), row, row);
  check_steps<float, float>(per_head(FusedHeads{{{12, 2}, {6, 3}}, Axis::cols}), col, row);
  check_steps<double, double>(
      optimizer::Recipe{optimizer::Filtered{{chains::muon()}}, optimizer::Ema{0.9, true},
                        optimizer::RmsScale{0.2}, optimizer::IndependentDecay{0.01}},
      row, row);
  check_steps<double, double>(
      optimizer::Recipe{optimizer::Filtered{{chains::high_pass(3)}}, optimizer::HeavyBall{},
                        optimizer::SpectralScale{}, optimizer::CoupledDecay{0.1}},
      row, row);
}

TEST_CASE("the parts of the newer recipes run on a device as on the host") {
  for (const Order order : {row, col}) {
    check_steps<double, double>(presets::normuon(), order, order);
    check_steps<double, double>(presets::normuon_long_side(), order, order);
    check_steps<double, double>(presets::muon_mvr1(), order, order);
    check_steps<double, double>(presets::root(), order, order);
  }
  check_steps<double, double>(presets::adamuon(), row, col);
  check_steps<float, float>(presets::namo(), row, row);
  check_steps<cuda::bfloat16, float>(presets::namo(), col, col);
  check_steps<double, double>(presets::adago(), row, row);
  check_steps<float, cuda::bfloat16>(presets::mars_m(0.1), row, row);
  check_steps<float, float>(presets::muon_squared(), col, row);
  check_steps<double, double>(presets::scion(), row, row);
  check_steps<float, float>(presets::root(), row, row);
  // Heads with scales of their own, behind a moment.
  const optimizer::Recipe heads{
      optimizer::Sequence{
          optimizer::FilteredPerHead<FusedHeads>{{chains::muon()}, FusedHeads{{{6, 3}, {6, 1}}}},
          optimizer::SecondMoment{}},
      optimizer::HeavyBall{}, optimizer::SpectralScale{}, optimizer::DecoupledDecay{}};
  check_steps<double, double>(heads, row, row);
}

TEST_CASE("a quantile on a device is that of the ordered sizes") {
  // One step of plain ascent along the clipped gradient shows the limit: lr 1, from 0.
  std::mt19937_64 random(66);
  Context context;
  for (const double share : {0.0, 0.3, 0.5, 0.9, 1.0}) {
    for (const Index cols : {1, 2, 7, 40}) {
      reference::Matrix values = reference::random_matrix(3, cols, random, 1.0);
      if (cols == 7) values = values.array().sign();  // many equal
      if (cols == 40) values.leftCols(20).setZero();
      const optimizer::Recipe recipe{
          optimizer::Identity{},
          optimizer::Sequence{optimizer::NoMomentum{}, optimizer::ClipAtQuantile{share, 0.0}}};
      Held<double> w(reference::Matrix::Zero(3, cols), row);
      const Held<double> gradient(values, row);
      cuda::State<double> state(recipe, w.view(), context);
      optimizer::step(recipe, w.view(), gradient.view(), 1.0, state, context);
      context.synchronize();
      std::vector<double> sizes;
      for (const Real x : values.reshaped()) sizes.push_back(std::fabs(static_cast<double>(x)));
      std::sort(sizes.begin(), sizes.end());
      const double place = share * static_cast<double>(sizes.size() - 1);
      const auto below = static_cast<std::size_t>(place);
      const std::size_t above = std::min(below + 1, sizes.size() - 1);
      const Real limit = sizes[below] + (place - std::floor(place)) * (sizes[above] - sizes[below]);
      INFO(share << " of " << sizes.size());
      CHECK(reference::distance(w.get(), -values.cwiseMin(limit).cwiseMax(-limit)) <=
            4e-16L * values.norm());
    }
  }
}

TEST_CASE("a step on a device may take LRMuon's direction") {
  std::mt19937_64 random(65);
  Context context;
  const auto recipe = presets::lr_muon(2);
  const reference::Matrix start = reference::random_matrix(7, 9, random);
  const Held<double> gradient(reference::random_matrix(7, 9, random, 1.0), row);
  Held<double> w(start, row);
  cuda::State<double> state(recipe, w.view(), context);
  optimizer::step(recipe, w.view(), gradient.view(), rate, state, context);
  context.synchronize();
  const reference::Svd s = reference::svd(gradient.get());
  const reference::Matrix want =
      start - static_cast<Real>(rate) * s.u.leftCols(2) * s.v.leftCols(2).transpose();
  CHECK(reference::distance(w.get(), want) <= 1e-13L);
}

TEST_CASE("a step on a device that is refused changes nothing, and says why") {
  std::mt19937_64 random(62);
  Context context;
  Array<cuda::StepInfo> infos(1);
  cuda::StepOptions options;
  options.info = infos.data();
  const auto recipe =
      optimizer::Recipe{optimizer::Filtered{{chains::high_pass(2)}}, optimizer::RmsNormalized{}};
  Held<float> parameter(reference::random_matrix(9, 7, random), row);
  cuda::State<float> state(recipe, parameter.view(), context);
  const Held<float> good(reference::random_matrix(9, 7, random), row);
  const auto outcome = [&](const auto& r, const auto& w, const auto& g, double lr, auto& s) {
    optimizer::step(r, w.view(), g.view(), lr, s, context, options);
    context.synchronize();
    return infos.get()[0].outcome;
  };
  REQUIRE(outcome(recipe, parameter, good, rate, state) == cuda::StepInfo::taken);
  const Before<float> before(parameter, state);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    reference::Matrix values = good.get();
    values(8, 6) = bad;
    CHECK(outcome(recipe, parameter, Held<float>(values, col), rate, state) ==
          cuda::StepInfo::gradient_not_finite);
    CHECK(infos.get()[0].update_norm == 0.0);
    CHECK(Before<float>(parameter, state) == before);
  }
  // The square of a gradient overflows the second moment.
  CHECK(outcome(recipe, parameter, Held<float>(good.get() * 1e30L, row), rate, state) ==
        cuda::StepInfo::result_not_finite);
  CHECK(Before<float>(parameter, state) == before);
  // The new parameter overflows what it is stored in.
  const auto sgd = presets::sgd();
  Held<cuda::half> narrow(reference::random_matrix(9, 7, random), row);
  cuda::State<float> of_narrow(sgd, narrow.view(), context);
  const Held<cuda::half> gradient(reference::Matrix::Ones(9, 7), row);
  const Before<cuda::half> as_it_was(narrow, of_narrow);
  CHECK(outcome(sgd, narrow, gradient, 1e6, of_narrow) == cuda::StepInfo::result_not_finite);
  CHECK(Before<cuda::half>(narrow, of_narrow) == as_it_was);
  // What a part would remember overflows: NAMO's squared norm, and MVR's corrected gradient.
  const auto refused = [&](const auto& r, Real first, Real second) {
    Held<float> weights(before.parameter, row);
    cuda::State<float> own(r, weights.view(), context);
    REQUIRE(outcome(r, weights, Held<float>(good.get() * first, row), rate, own) ==
            cuda::StepInfo::taken);
    const Before<float> then(weights, own);
    CHECK(outcome(r, weights, Held<float>(good.get() * second, row), rate, own) ==
          cuda::StepInfo::result_not_finite);
    CHECK(Before<float>(weights, own) == then);
  };
  refused(presets::namo(), 1, 1e30L);
  const Real most = 2e38L / good.get().cwiseAbs().maxCoeff();
  refused(presets::muon_mvr1(1.0), most / 40, -most);
  // And after all of them the next step is as if nothing had been.
  Context fresh;
  Held<float> other(before.parameter, row);
  CHECK(outcome(recipe, parameter, good, rate, state) == cuda::StepInfo::taken);
  CHECK(read(state.steps()) == 2);
}

TEST_CASE("a graph of a step steps on at each replay, as calls do") {
  std::mt19937_64 random(63);
  Context context;
  const reference::Matrix start = reference::random_matrix(16, 10, random);
  const Held<float> gradient(reference::random_matrix(16, 10, random), row);
  const auto recipe =
      optimizer::Recipe{optimizer::Filtered{{chains::high_pass(2)}}, optimizer::RmsNormalized{}};
  Held<float> called(start, row), replayed(start, row);
  cuda::State<float> a(recipe, called.view(), context), b(recipe, replayed.view(), context);
  for (int t = 0; t < 3; ++t) {
    optimizer::step(recipe, called.view(), gradient.view(), rate, a, context);
  }
  context.synchronize();
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t ready = nullptr;
  cuda::check(cudaStreamBeginCapture(context.stream(), cudaStreamCaptureModeGlobal), "capture");
  optimizer::step(recipe, replayed.view(), gradient.view(), rate, b, context);
  cuda::check(cudaStreamEndCapture(context.stream(), &graph), "capture");
  cuda::check(cudaGraphInstantiate(&ready, graph, 0), "cudaGraphInstantiate");
  for (int t = 0; t < 3; ++t) {
    cuda::check(cudaGraphLaunch(ready, context.stream()), "cudaGraphLaunch");
  }
  context.synchronize();
  CHECK(read(b.steps()) == 3);
  CHECK(replayed.get() == called.get());
  cudaGraphExecDestroy(ready);
  cudaGraphDestroy(graph);
}

TEST_CASE("a step on a device refuses what does not fit") {
  Context context;
  std::mt19937_64 random(64);
  const auto recipe = presets::pion();
  Held<float> w(reference::random_matrix(6, 4, random), row), g(4, 6, row);
  cuda::State<float> state(recipe, w.view(), context);
  const auto stepped = [&](const auto& r, const auto& parameter, const auto& gradient, double lr) {
    optimizer::step(r, parameter, gradient, lr, state, context);
  };
  CHECK_THROWS_WITH(stepped(recipe, w.view(), g.view(), rate),
                    "step: the gradient is 4x6 and the parameter is 6x4");
  CHECK_THROWS_AS(stepped(recipe, w.view(), w.view(), -1.0), std::invalid_argument);
  CHECK_THROWS_WITH(stepped(presets::adamw(), w.view(), w.view(), rate),
                    "step: the state is not for this recipe and a parameter of 6x4 in this order");
  CHECK_THROWS_AS(stepped(recipe, g.view(), g.view(), rate), std::invalid_argument);
  CHECK_THROWS_AS(stepped(presets::pion_per_head(Heads{5}), w.view(), w.view(), rate),
                  std::invalid_argument);
  const optimizer::Recipe climbing{optimizer::Filtered{{chains::muon()}}, optimizer::HeavyBall{},
                                   optimizer::SqrtMaxScale{-5.0}};
  CHECK_THROWS_WITH(stepped(climbing, w.view(), w.view(), rate),
                    "SqrtMaxScale: multiple is -5; it must be finite and not negative");
  CHECK_THROWS_AS((cuda::State<float>(climbing, w.view(), context)), std::invalid_argument);
  CHECK_THROWS_WITH((cuda::State<float>(presets::muon_mvr2(), w.view(), context)),
                    "State: on a device VarianceReduced compares with the last gradient");
  const optimizer::Recipe flipping{optimizer::Filtered{{chains::muon()}}, optimizer::HeavyBall{},
                                   optimizer::Unscaled{}, optimizer::DecoupledDecay{2.0}};
  CHECK_THROWS_WITH(stepped(flipping, w.view(), w.view(), 1.0),
                    "step: what the decay multiplies the weights by is -1; it must be in [0, 1]");
  const cuda::Matrix<float> empty(nullptr, 0, 4);
  cuda::State<float> none(recipe, empty, context);
  optimizer::step(recipe, empty, empty, rate, none, context);
  context.synchronize();
  CHECK(read(none.steps()) == 1);
}
