// SPDX-License-Identifier: Apache-2.0
// One step by a recipe by name, and a filter by value.
#include <pion/torch.hpp>

int main() {
  auto w = torch::eye(4).requires_grad_();
  pion::torch::Optimizer optimizer({w}, {"sgd", 0.5});
  w.square().sum().backward();
  optimizer.step();
  const torch::Tensor x = torch::diag(torch::tensor({1.0, 0.01}));
  const torch::Tensor y = pion::torch::apply("highpass:kp=2", x);
  return w.abs().sum().item<float>() == 0.0F && y[0][0].item<double>() > 0.9 ? 0 : 1;
}
