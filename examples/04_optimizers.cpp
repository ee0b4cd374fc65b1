// SPDX-License-Identifier: Apache-2.0
// A model of plain arrays, row-major as frameworks keep them, stepped in place: each parameter with
// the optimiser that the paper gives it (Fan et al. 2026, Table A6).
#include <cstdio>
#include <random>
#include <vector>

#include <pion/optimizer.hpp>

namespace po = pion::optimizer;

/// A parameter in memory that pion does not own, and the target it is to learn.
struct Tensor {
  po::Parameter about;
  std::vector<float> value, gradient, target;

  pion::Index rows() const { return about.shape[0]; }
  pion::Index cols() const { return about.shape.size() == 2 ? about.shape[1] : 1; }
};

int main() {
  std::mt19937 random(3);
  std::normal_distribution<float> gauss;
  std::vector<Tensor> model;
  for (po::Parameter p : {po::Parameter{"vision.block.weight", {96, 64}, "vision"},
                          {"language.embed_tokens.weight", {200, 32}, "language"},
                          {"action.head.weight", {24, 96}, "action"},
                          {"action.head.bias", {24}, "action"}}) {
    Tensor t{p, {}, {}, {}};
    const auto size = static_cast<std::size_t>(t.rows() * t.cols());
    t.value.assign(size, 0.0F);
    t.gradient.assign(size, 0.0F);
    for (std::size_t i = 0; i < size; ++i) t.target.push_back(0.1F * gauss(random));
    model.push_back(t);
  }

  const po::Router<float> router = po::vla_assignment<float>();
  std::vector<po::Parameter> parameters;
  po::States<float> states;
  for (Tensor& t : model) {
    t.about.data = t.value.data();  // so that weights under two names are refused
    parameters.push_back(t.about);
    states[t.about.name] = router.recipe(t.about).initial_state(t.rows(), t.cols());
  }
  std::fputs(router.print(parameters).c_str(), stdout);

  po::StepWorkspace workspace;
  double first = 0.0, last = 0.0;
  for (int k = 0; k <= 200; ++k) {
    double loss = 0.0;
    for (Tensor& t : model) {
      for (std::size_t i = 0; i < t.value.size(); ++i) {
        t.gradient[i] = t.value[i] - t.target[i];
        loss += 0.5 * static_cast<double>(t.gradient[i] * t.gradient[i]);
        t.gradient[i] += 0.02F * gauss(random);
      }
      const po::StepInfo info = router.recipe(t.about).step(
          po::row_major(t.value.data(), t.rows(), t.cols()),
          po::row_major<const float>(t.gradient.data(), t.rows(), t.cols()),
          0.02 * (1.0 - k / 200.0), states[t.about.name], workspace);
      if (!info.taken() || info.direction.dead)
        std::printf("no update of %s\n", t.about.name.c_str());
    }
    if (k % 50 == 0) std::printf("step %3d  loss %.3f\n", k, loss);
    (k == 0 ? first : last) = loss;
  }
  po::save("04_optimizers.checkpoint", states);  // po::load() goes on from there, bit for bit
  std::remove("04_optimizers.checkpoint");
  return last < 0.5 * first ? 0 : 1;
}
