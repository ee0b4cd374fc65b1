// SPDX-License-Identifier: Apache-2.0
// What a processor that flushes subnormal numbers to zero changes, and what it does not.

#if defined(__SSE2__)

#include <cmath>
#include <limits>
#include <random>

#include <xmmintrin.h>

#include <pion/apply.hpp>
#include <pion/optimizer/presets/filtering.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;

namespace {

/// While it lives, this thread reads and writes subnormal numbers as zeros.
class Flushing {
 public:
  Flushing() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040U); }  // FTZ and DAZ
  ~Flushing() { _mm_setcsr(before_); }
  Flushing(const Flushing&) = delete;
  Flushing& operator=(const Flushing&) = delete;

 private:
  unsigned before_;
};

template <class F>
auto flushed(const F& f) {
  const Flushing flushing;
  return f();
}

constexpr float least = std::numeric_limits<float>::min();

}  // namespace

TEST_CASE("entries that are subnormal count as zeros where the processor flushes them") {
  const Filter f{chains::muon()};
  Eigen::Matrix2f x;
  x << least / 4, 0.0F, 0.0F, least / 4;
  const auto run = [&] { return Eigen::Matrix2f(apply<engine::eigen>(f, x)); };
  const Eigen::Matrix2f right = run();
  CHECK(right.norm() > 0.5F);
  CHECK(flushed(run).cwiseAbs().maxCoeff() < least);
}

TEST_CASE("where no entry is subnormal, flushing changes nothing that is larger than one") {
  std::mt19937_64 random(13);
  for (const Filter& f : {Filter{chains::muon()}, Filter{chains::high_pass(2)},
                          Filter{chains::high_pass(0), Normalizer::aol}}) {
    for (const float size : {1.0F, least * 1e4F, 1e37F}) {
      // Graded: what the filter drops vanishes far below the smallest number.
      Eigen::MatrixXf x = Eigen::VectorXf::LinSpaced(6, 0.0F, -24.0F)
                              .unaryExpr([](float e) { return std::exp2(e); })
                              .asDiagonal();
      x *= size;
      x = (x.array().abs() < least).select(0.0F, x);
      const auto run = [&] { return Eigen::MatrixXf(apply<engine::eigen>(f, x)); };
      const Eigen::MatrixXf right = run();
      const Eigen::MatrixXf other = flushed(run);
      // Each of some 100 sums of the chain loses less than the least normal number a term; no step
      // magnifies it by more than its slope at 0, 3.44.
      CHECK((right - other).norm() <= 100 * 36 * std::pow(3.4445F, 5.0F) * least);
    }
  }
}

TEST_CASE("a momentum that decays below the smallest normal number becomes zero") {
  Eigen::Matrix2f w = Eigen::Matrix2f::Ones();
  const auto recipe = optimizer::presets::sgd(0.5);
  auto state = optimizer::initial_state(recipe, w);
  optimizer::StepWorkspace workspace;
  state.momentum.setConstant(least);
  auto flushing = state;
  const Eigen::Matrix2f none = Eigen::Matrix2f::Zero();
  optimizer::step(recipe, w, none, 0.1, state, workspace);
  CHECK(state.momentum(0, 0) == least / 2);
  flushed([&] { return optimizer::step(recipe, w, none, 0.1, flushing, workspace).taken(); });
  CHECK(flushing.momentum(0, 0) == 0.0F);
}

#endif
