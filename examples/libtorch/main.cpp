// SPDX-License-Identifier: Apache-2.0
// Pion in LibTorch's place of an optimiser: the tensors of a module are stepped where they lie.
#include <cstdio>

#include <torch/torch.h>

#include <pion/optimizer.hpp>

namespace po = pion::optimizer;

/// A float tensor of one or two dimensions on the CPU as a matrix, whatever its strides.
template <class T>
po::AnyMap<T> as_matrix(const torch::Tensor& t) {
  const bool matrix = t.dim() == 2;
  return po::any_map<T>(t.data_ptr<float>(), t.size(0), matrix ? t.size(1) : 1, t.stride(0),
                        matrix ? t.stride(1) : 1);
}

int main() {
  torch::manual_seed(1);
  torch::nn::Sequential model(torch::nn::Linear(16, 64), torch::nn::Tanh(),
                              torch::nn::Linear(64, 4));
  const torch::Tensor x = torch::randn({256, 16});
  const torch::Tensor y = torch::tanh(x.matmul(torch::randn({16, 4})));

  po::Router<float> router;
  router.add("Pion", {{{}, {}, {}, po::Dimensions::two}}, po::presets::pion())
      .add("AdamW", {{{}, {}, {}, po::Dimensions::other}}, po::presets::adamw());
  const auto about = [](const auto& p) {
    return po::Parameter{p.key(), p.value().sizes().vec(), ""};
  };
  po::States<float> states;
  for (const auto& p : model->named_parameters()) {
    const auto w = as_matrix<float>(p.value());
    states[p.key()] = router.recipe(about(p)).initial_state(w.rows(), w.cols());
    std::printf("%-10s %s\n", p.key().c_str(), router.label(about(p)).c_str());
  }

  po::StepWorkspace workspace;
  float first = 0.0F, last = 0.0F;
  for (int step = 0; step <= 200; ++step) {
    model->zero_grad();
    const torch::Tensor loss = torch::mse_loss(model->forward(x), y);
    loss.backward();
    (step == 0 ? first : last) = loss.item<float>();
    if (step % 50 == 0)
      std::printf("step %3d  loss %.4f\n", step, static_cast<double>(loss.item<float>()));
    for (const auto& p : model->named_parameters()) {
      router.recipe(about(p)).step(as_matrix<float>(p.value()),
                                   as_matrix<const float>(p.value().grad()), 0.02, states[p.key()],
                                   workspace);
    }
  }
  return last < 0.25F * first ? 0 : 1;
}
