// SPDX-License-Identifier: Apache-2.0
// A step of every optimiser of the catalogue, of a 1024 x 1024 parameter in float: the counter
// `adamw` is its time in AdamW steps, which are measured before and after it in the same run. The
// mean of twenty steps, so that a refresh every ten (SOAP) counts; the first step, in which some
// decompose (Conda, GUM), is not among them.
#include <pion/optimizer/any_recipe.hpp>

#include "common.hpp"
#include "pion_tool/recipes/catalogue.hpp"

namespace {

using Matrix = bench::Matrix<float>;
using pion::optimizer::AnyMap;
constexpr pion::Index size = 1024;
constexpr int steps = 20;

/// A parameter that is stepped through gradients of one spectrum and changing noise.
class Stepped {
 public:
  explicit Stepped(const pion::recipes::MadeRecipe& made)
      : recipe_(made.recipes.of<float>()), state_(recipe_.initial_state(size, size)) {
    inputs_.loss = 1.0;
    for (int i = 0; i < 4; ++i) {
      gradients_.push_back(momentum_ + 0.01F * Matrix::Random(size, size));
    }
    step();
  }

  void step() {
    const Matrix& g = gradients_[static_cast<std::size_t>(state_.steps) % gradients_.size()];
    recipe_.step(map(w_.data()), map(g.data()), 1e-4, state_, workspace_, inputs_);
  }

  /// The mean time of some steps, in seconds.
  double seconds(int count) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) step();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / count;
  }

 private:
  template <class T>
  static AnyMap<T> map(T* data) {
    return pion::optimizer::any_map(data, size, size, pion::Index(1), size);
  }

  static inline const Matrix momentum_ = bench::momentum<float>(size, size);
  pion::optimizer::AnyRecipe<float> recipe_;
  pion::optimizer::AnyRecipe<float>::Memory state_;
  pion::optimizer::AnyRecipe<float>::Inputs inputs_;
  pion::optimizer::StepWorkspace workspace_;
  std::vector<Matrix> gradients_;
  Matrix w_ = Matrix::Random(size, size);
};

/// Numbers that a recipe is used with, where its defaults are for other shapes.
std::string text_of(const std::string& name) {
  const bool per_head = name == "pion_per_head" || name == "pion_rlvr";
  return per_head ? name + ":heads=16" : name;
}

}  // namespace

int main(int argc, char** argv) {
  for (const pion::recipes::NamedRecipe& named : pion::recipes::catalogue()) {
    const std::string text = text_of(named.name);
    benchmark::RegisterBenchmark(("step/" + text).c_str(),
                                 [text](benchmark::State& state) {
                                   Stepped adamw(pion::recipes::recipe_named("adamw"));
                                   Stepped own(pion::recipes::recipe_named(text));
                                   for (auto _ : state) {
                                     const double before = adamw.seconds(steps),
                                                  time = own.seconds(steps),
                                                  after = adamw.seconds(steps);
                                     state.SetIterationTime(time);
                                     state.counters["adamw"] = 2.0 * time / (before + after);
                                   }
                                 })
        ->Iterations(1)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
