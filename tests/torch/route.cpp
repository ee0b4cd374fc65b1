// SPDX-License-Identifier: Apache-2.0
// torch/route.hpp: a module's parameters are put into groups by an assignment. And
// torch/functions.hpp: filters and diagnostics of tensors are those of matrices.
#include <sstream>

#include <pion/apply.hpp>
#include <pion/diagnostics.hpp>
#include <pion/optimizer/routing/assignments.hpp>

#include "torch/support.hpp"

using namespace torch_tests;
namespace po = pion::optimizer;

namespace {

struct Policy : torch::nn::Module {
  torch::nn::Linear vision{nullptr}, action{nullptr};
  torch::nn::Embedding embed{nullptr};
  Policy() {
    vision = register_module("vision", torch::nn::Linear(4, 6));
    action = register_module("action", torch::nn::Linear(6, 2));
    embed = register_module("embed", torch::nn::Embedding(5, 6));
  }
};

}  // namespace

TEST_CASE("a module is routed by names and shapes, and what is where is printed") {
  const Policy policy;
  const pion::torch::Rates rates = {{"Muon", 0.02}, {"Pion", 1e-4}, {"AdamW", 1e-3}};
  std::string routed;
  const auto groups = pion::torch::route(policy, po::vla_assignment<float>(), rates, &routed);
  CHECK(routed ==
        "vision.weight  6x4  vision  Muon\n"
        "vision.bias    6    vision  AdamW\n"
        "action.weight  2x6  action  Pion\n"
        "action.bias    2    action  AdamW\n"
        "embed.weight   5x6  embed   AdamW\n");
  REQUIRE(groups.size() == 3);
  const auto& adamw = static_cast<const pion::torch::Options&>(groups[1].options());
  CHECK(adamw.recipe.name() == "AdamW");
  CHECK(adamw.learning_rate == 1e-3);
  CHECK(adamw.names == std::vector<std::string>{"vision.bias", "action.bias", "embed.weight"});
  CHECK(groups[1].params()[2].is_same(policy.embed->weight));

  // The groups step as their recipes do.
  pion::torch::Optimizer optimizer(groups, "sgd");
  Matrix<float> w = matrix_of<float>(policy.action->weight);
  policy.action->weight.mutable_grad() = torch::randn({2, 6});
  optimizer.step();
  po::StepWorkspace workspace;
  auto state = po::initial_state(po::presets::pion(), w);
  const Matrix<float> g = matrix_of<float>(policy.action->weight.grad());
  po::step(po::presets::pion(), w, g, 1e-4, state, workspace);
  CHECK(matrix_of<float>(policy.action->weight) == w);
  CHECK_THAT(refusal([&] {
               policy.vision->bias.mutable_grad() = torch::full({6}, NAN);
               optimizer.step();
             }),
             has_text("the parameter vision.bias (6): its gradient is not finite"));
}

TEST_CASE("tied weights are routed once, and what fits no rule or rate is refused") {
  torch::nn::Sequential tied(torch::nn::Linear(3, 3), torch::nn::Linear(3, 3));
  auto& last = *tied[1]->as<torch::nn::Linear>();
  last.weight = last.register_parameter("again", tied[0]->as<torch::nn::Linear>()->weight);
  po::Router<float> router;
  router.add("SGD", {{{"*"}, {}, {}}}, po::presets::sgd());
  CHECK(pion::torch::parameters_of(*tied).size() == 4);  // with the second layer's own weight
  CHECK(pion::torch::route(*tied, router, {{"SGD", 0.1}}).at(0).params().size() == 4);

  CHECK_THAT(refusal([&] { pion::torch::route(*tied, router, {}); }),
             has_text("there is no learning rate for \"SGD\""));
  CHECK_THAT(refusal([&] {
               pion::torch::route(*tied, router, {{"SGD", 1}, {"Muon", 1}});
             }),
             has_text("the rate of \"Muon\" is for no parameter"));
  CHECK_THAT(refusal([&] { pion::torch::route(*tied, po::Router<float>(), {}); }),
             has_text("no rule claims"));
  tied[0]->as<torch::nn::Linear>()->weight.set_data(last.named_parameters()["weight"].detach());
  CHECK_THAT(refusal([&] {
               pion::torch::route(*tied, router, {{"SGD", 0.1}});
             }),
             has_text("share memory"));
}

TEST_CASE("filters and diagnostics of tensors are those of matrices") {
  torch::manual_seed(5);
  const pion::Filter filter{pion::chains::high_pass(1)};
  const torch::Tensor x = torch::randn({6, 10}, torch::kDouble);
  for (const torch::Tensor& seen :
       {x, x.t().contiguous().t(), x.reshape({6, 5, 2}), x.reshape({6, 5, 2}).transpose(1, 2)}) {
    const Matrix<double> m = matrix_of<double>(seen);
    CHECK(matrix_of<double>(pion::torch::apply(filter, seen)) == pion::apply(filter, m));
    CHECK(pion::torch::apply("highpass:kp=1", seen).sizes() == seen.sizes());
    CHECK(same(pion::torch::apply("highpass:kp=1", seen), pion::torch::apply(filter, seen)));
    CHECK(pion::torch::effective_rank(seen) == pion::spectrum(m).effective_rank());
  }
  const torch::Tensor shorter = x.to(torch::kBFloat16);
  CHECK(same(pion::torch::apply(filter, shorter),
             pion::torch::apply(filter, shorter.to(torch::kFloat)).to(torch::kBFloat16)));
  const torch::Tensor near = pion::torch::apply(filter, x, 1e-3);
  CHECK((near - pion::torch::apply(filter, x)).norm().item<double>() <= 1e-3);

  const torch::Tensor y = torch::randn({6, 10});
  const Matrix<double> ym = matrix_of<double>(y.to(torch::kDouble));
  CHECK(pion::torch::snr({x, y}).ratio() ==
        pion::snr(std::vector{matrix_of<double>(x), ym}).ratio());
  CHECK_THAT(refusal([&] { pion::torch::snr({x}); }), has_text("1 samples"));

  const torch::Tensor learnt = leaf(x);
  CHECK_THAT(refusal([&] { pion::torch::apply(filter, learnt); }), has_text("requires a gradient"));
  const torch::NoGradGuard none;
  CHECK(same(pion::torch::apply(filter, learnt), pion::torch::apply(filter, x)));
  CHECK_THAT(refusal([] { pion::torch::effective_rank(torch::eye(2).to_sparse()); }),
             has_text("effective_rank: the tensor is sparse"));
  CHECK_THAT(refusal([&] {
               pion::torch::apply(filter, torch::full({2, 2}, NAN));
             }),
             has_text("is not a number"));
  CHECK_THAT(refusal([&] { pion::torch::apply("nopass", x); }), has_text("nopass"));
}
