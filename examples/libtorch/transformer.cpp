// SPDX-License-Identifier: Apache-2.0
// A small transformer, trained by Muon and AdamW of pion::torch, saved half-way and resumed: the
// losses are the same to the last digit.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <torch/torch.h>

#include <pion/optimizer/presets/filtering.hpp>
#include <pion/torch.hpp>

namespace po = pion::optimizer;

constexpr int tokens = 13, length = 24, width = 32, steps = 60;

/// Predicts each token of a sequence from those before it.
struct TransformerImpl : torch::nn::Module {
  torch::nn::Embedding embed_token{nullptr}, embed_place{nullptr};
  torch::nn::TransformerEncoder blocks{nullptr};
  torch::nn::Linear lm_head{nullptr};

  TransformerImpl() {
    using namespace torch::nn;
    embed_token = register_module("embed_token", Embedding(tokens, width));
    embed_place = register_module("embed_place", Embedding(length, width));
    const auto block = TransformerEncoderLayerOptions(width, 4).dim_feedforward(64).dropout(0.0);
    blocks = register_module("blocks", TransformerEncoder(TransformerEncoderOptions(block, 2)));
    lm_head = register_module("lm_head", Linear(width, tokens));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    const auto n = x.size(0);
    const auto later = torch::full({n, n}, -INFINITY).triu(1);
    const auto h = embed_token(x) + embed_place(torch::arange(n)).unsqueeze(1);
    return lm_head(blocks(h, later));
  }
};
TORCH_MODULE(Transformer);

/// Muon on the matrices inside, AdamW on embeddings, output and vectors.
pion::torch::Optimizer optimizer_of(const Transformer& model) {
  const std::vector<std::string> ends = {"embed_*", "lm_head*"};
  po::Router<float> assignment;
  assignment.add("Muon", {{{}, ends, {}, po::Dimensions::two}}, po::presets::moonlight());
  assignment.add("AdamW",
                 {{{}, {}, {}, po::Dimensions::other}, {ends, {}, {}, po::Dimensions::two}},
                 po::presets::adamw());
  return {pion::torch::route(*model, assignment, {{"Muon", 0.01}, {"AdamW", 3e-3}}), "adamw"};
}

/// Sequences of x -> 5 x + 1 modulo the number of tokens, (length + 1, 32).
torch::Tensor batch(int step) {
  torch::manual_seed(static_cast<std::uint64_t>(step));
  std::vector<torch::Tensor> rows = {torch::randint(tokens, {32}, torch::kLong)};
  for (int i = 0; i < length; ++i) rows.push_back((5 * rows.back() + 1) % tokens);
  return torch::stack(rows);
}

/// The losses of the steps from `first` on.
std::vector<double> train(Transformer& model, pion::torch::Optimizer& optimizer, int first,
                          int last) {
  std::vector<double> losses;
  for (int step = first; step < last; ++step) {
    const torch::Tensor x = batch(step);
    const auto loss = optimizer.step([&] {
      optimizer.zero_grad();
      const auto guess = model(x.slice(0, 0, length)).flatten(0, 1);
      auto l = torch::nn::functional::cross_entropy(guess, x.slice(0, 1).flatten());
      l.backward();
      return l;
    });
    losses.push_back(loss.item<double>());
    if (step % 15 == 0) std::printf("step %2d  loss %.17g\n", step, losses.back());
  }
  return losses;
}

int main() {
  const auto folder = std::filesystem::temp_directory_path();
  const std::string weights = (folder / "pion_transformer.pt").string();
  const std::string states = (folder / "pion_transformer_optimizer.pt").string();
  torch::manual_seed(1);
  Transformer model;
  auto optimizer = optimizer_of(model);
  const double first = train(model, optimizer, 0, steps / 2).front();
  torch::save(model, weights);
  torch::save(optimizer, states);
  const std::vector<double> on = train(model, optimizer, steps / 2, steps);

  std::puts("resumed");
  Transformer again;
  auto resumed = optimizer_of(again);
  torch::load(again, weights);
  torch::load(resumed, states);
  const bool same = train(again, resumed, steps / 2, steps) == on;
  std::filesystem::remove(weights);
  std::filesystem::remove(states);
  return same && on.back() < 0.5 * first ? 0 : 1;
}
