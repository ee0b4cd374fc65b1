// SPDX-License-Identifier: Apache-2.0
// An optimiser's whole step on the device, bfloat16 parameters and gradients.

#include <cstdio>

#include <pion/optimizer/presets/filtering.hpp>

#include "common.hpp"

namespace bench {
namespace {

template <class Recipe>
void run_step(cuda::Context& context, const char* name, const Recipe& recipe) {
  using T = cuda::bfloat16;
  cuda::StepOptions options;
  options.precision = cuda::Precision::bf16;
  for (const Index n : {1024, 2048, 4096, 8192}) {
    const auto w = random_values<T>(n * n, 1), g = random_values<T>(n * n, 2);
    const cuda::Matrix<T> parameter(w->data(), n, n, cuda::Order::rows);
    const cuda::Matrix<T> gradient(g->data(), n, n, cuda::Order::rows);
    cuda::State<float> state(recipe, parameter, context);
    const double ms = median_ms(context, [&](int) {
      optimizer::step(recipe, parameter, gradient, 1e-4, state, context, options);
    });
    std::printf(
        "{\"name\":\"step %s\",\"scalar\":\"bf16\",\"rows\":%td,\"cols\":%td,\"ms\":%.4f}\n", name,
        n, n, ms);
    std::fflush(stdout);
  }
}

}  // namespace

void bench_steps(cuda::Context& context) {
  run_step(context, "moonlight", optimizer::presets::moonlight());
  run_step(context, "pion", optimizer::presets::pion());
  run_step(context, "adamw", optimizer::presets::adamw());
}

}  // namespace bench
