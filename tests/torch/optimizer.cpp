// SPDX-License-Identifier: Apache-2.0
// A step of a tensor is the step of the matrix that it counts as: torch/optimizer.hpp,
// torch/recipe.hpp.
#include "torch/support.hpp"

using namespace torch_tests;
namespace po = pion::optimizer;

namespace {

struct Case {
  std::string name;
  torch::Tensor parameter;
};

/// Tensors of all ranks and layouts, filled with random numbers.
std::vector<Case> layouts(torch::ScalarType scalar) {
  const auto make = [scalar](at::IntArrayRef shape) {
    return torch::randn(shape, torch::kDouble).to(scalar);
  };
  return {{"scalar", make({})},
          {"vector", make({7})},
          {"every second", make({14}).slice(0, 0, 14, 2)},
          {"1x1", make({1, 1})},
          {"tall", make({9, 4})},
          {"wide", make({4, 9})},
          {"transposed", make({9, 4}).t()},
          {"block", make({12, 10}).slice(0, 1, 12, 2).slice(1, 3, 8)},
          {"empty", make({0, 3})},
          {"no columns", make({3, 0, 2})},
          {"three", make({4, 3, 5})},
          {"three, permuted", make({5, 3, 4}).permute({2, 1, 0})},
          {"convolution", make({6, 2, 3, 3})},
          {"channels last", make({6, 2, 3, 3}).contiguous(torch::MemoryFormat::ChannelsLast)}};
}

/// Three steps of the optimiser beside three of the recipe on a copy, bit for bit.
template <class T, class R>
void check_layouts(const R& recipe, torch::ScalarType scalar) {
  using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const po::AnyRecipe<T> reference(recipe);
  torch::manual_seed(3);
  for (const Case& c : layouts(scalar)) {
    INFO(c.name << " " << c10::toString(scalar));
    const torch::Tensor p = leaf(c.parameter);
    const auto strides = p.strides().vec();
    pion::torch::Optimizer optimizer({p}, {recipe, 0.125});
    Rows w = matrix_of<T>(p);
    auto state = reference.initial_state(w.rows(), w.cols());
    po::StepWorkspace workspace;
    for (int t = 0; t < 3; ++t) {
      // Laid out unlike the parameter.
      torch::Tensor g = torch::randn(p.sizes(), torch::kDouble).to(scalar);
      if (g.dim() == 2 && t == 1) g = g.t().contiguous().t();
      p.mutable_grad() = g;
      const auto version = p._version();
      CHECK(!optimizer.step().defined());
      CHECK(p._version() > version);
      const Rows gradient = matrix_of<T>(g);
      CHECK(reference
                .step(po::row_major(w.data(), w.rows(), w.cols()),
                      po::row_major(gradient.data(), w.rows(), w.cols()), 0.125, state, workspace)
                .taken());
      // What is kept in 16 bits is rounded after each step.
      const auto rounded =
          torch::from_blob(w.data(), p.sizes(), torch::TensorOptions(scalar_of<T>)).to(scalar);
      CHECK(same(p, rounded));
      w = matrix_of<T>(rounded);
    }
    CHECK(p.strides() == strides);
    REQUIRE(optimizer.state().size() == 1);
    const auto& kept =
        static_cast<const pion::torch::ParamState&>(*optimizer.state().at(p.unsafeGetTensorImpl()));
    CHECK(std::get<po::State<T>>(kept.state).momentum == state.momentum);
    CHECK(std::get<po::State<T>>(kept.state).steps == 3);
  }
}

}  // namespace

TEST_CASE("a tensor of any layout and scalar is stepped as its matrix") {
  const auto muon = po::presets::moonlight();
  check_layouts<float>(muon, torch::kFloat);
  check_layouts<float>(muon, torch::kBFloat16);
  const auto adamw = po::presets::adamw();
  check_layouts<double>(adamw, torch::kDouble);
  check_layouts<float>(adamw, torch::kHalf);
}

TEST_CASE("a recipe by name takes the steps of the recipe by value") {
  torch::manual_seed(4);
  const torch::Tensor first = torch::randn({6, 4});
  const torch::Tensor named = leaf(first.clone()), given = leaf(first.clone());
  pion::torch::Optimizer by_name({named}, {"pion:kp=1,momentum=0.5"});
  auto recipe = po::presets::pion(1);
  recipe.momentum.momentum = 0.5;
  pion::torch::Optimizer by_value({given}, {recipe, 1e-4});
  const auto& options = static_cast<const pion::torch::Options&>(by_name.defaults());
  CHECK(options.learning_rate == 1e-4);  // the published one
  CHECK(options.recipe.name().find("momentum=0.5") != std::string::npos);
  for (int t = 0; t < 3; ++t) {
    named.mutable_grad() = torch::randn({6, 4});
    given.mutable_grad() = named.grad().clone();
    by_name.step();
    by_value.step();
    CHECK(same(named, given));
  }
  CHECK(!same(named, first));
  CHECK_THAT(refusal([] { pion::torch::Recipe("mion"); }), has_text("mion"));
  CHECK_THAT(refusal([] { pion::torch::Recipe("adamw:beta7=1"); }), has_text("beta7"));
  CHECK_THAT(refusal([] { pion::torch::Options(po::presets::muon()); }),
             has_text("has no published learning rate"));
  CHECK_THAT(refusal([] { pion::torch::detail::require_same_alignment(1); }),
             has_text("aligns memory to 1 bytes"));
  const pion::torch::Recipe of_float(po::AnyRecipe<float>(po::presets::muon()), "mine");
  CHECK_THAT(refusal([&of_float] { static_cast<void>(of_float.of<double>()); }),
             has_text("the recipe mine is for parameters of float alone"));
}

TEST_CASE("groups have recipes and rates of their own, and schedulers change them") {
  const torch::Tensor a = leaf(torch::ones({2, 2})), b = leaf(torch::ones({2}));
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector{a},
                      std::make_unique<pion::torch::Options>("sgd:momentum=0", 0.5));
  groups.emplace_back(std::vector{b});
  pion::torch::Optimizer optimizer(groups, {"sgd:momentum=0", 0.25});
  torch::optim::StepLR schedule(optimizer, 1, 0.5);
  a.mutable_grad() = torch::ones({2, 2});
  b.mutable_grad() = torch::ones({2});
  optimizer.step();
  CHECK(same(a, torch::full({2, 2}, 0.5)));
  CHECK(same(b, torch::full({2}, 0.75)));
  schedule.step();  // LibTorch's first call leaves the rates as they are
  schedule.step();
  optimizer.step();
  CHECK(same(a, torch::full({2, 2}, 0.25)));
  CHECK(same(b, torch::full({2}, 0.625)));
  optimizer.zero_grad();
  CHECK(!a.grad().defined());
  optimizer.step();  // without gradients
  CHECK(same(a, torch::full({2, 2}, 0.25)));
}

TEST_CASE("a parameter without a gradient is left alone, and a shared one is stepped once") {
  const torch::Tensor a = leaf(torch::ones({2, 2})), b = leaf(torch::ones({2, 2}));
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector{a, a});
  groups.emplace_back(std::vector{a, b});
  pion::torch::Optimizer optimizer(groups, {"sgd:momentum=0", 0.5});
  a.mutable_grad() = torch::ones({2, 2});
  optimizer.step();
  CHECK(same(a, torch::full({2, 2}, 0.5)));
  CHECK(same(b, torch::ones({2, 2})));
  CHECK(optimizer.state().size() == 1);
}

TEST_CASE("a step returns its closure's loss, and a recipe that needs the loss gets it") {
  const torch::Tensor w = leaf(torch::full({1, 1}, 3.0));
  pion::torch::Optimizer optimizer({w}, {"specmuon", 0.1});
  const auto closure = [&] {
    optimizer.zero_grad();
    const torch::Tensor loss = (w * w).sum();
    loss.backward();
    return loss;
  };
  {
    const torch::NoGradGuard none;
    CHECK(optimizer.step(closure).item<float>() == 9.0F);
  }
  CHECK(w.item<float>() != 3.0F);
  const torch::Tensor before = w.detach().clone();
  CHECK_THAT(refusal([&optimizer] { optimizer.step(); }), has_text("StepInputs::loss"));
  CHECK(same(w, before));
}

TEST_CASE("what cannot be stepped is refused by name, and nothing is changed") {
  using pion::torch::Optimizer;
  const pion::torch::Options sgd("sgd", 0.5);
  const auto of = [&sgd](const torch::Tensor& p) { return refusal([&] { Optimizer({p}, sgd); }); };
  CHECK_THAT(of(torch::eye(3).to_sparse()), has_text("0/0 is sparse; give a dense one"));
  CHECK_THAT(of(torch::zeros({2, 2}, torch::kComplexFloat)), has_text("is complex"));
  CHECK_THAT(of(torch::zeros({2, 2}, torch::kLong)), has_text("has the scalar Long"));
  CHECK_THAT(of(torch::zeros({2, 2}, torch::kMeta)), has_text("is on the device meta"));
  CHECK_THAT(of(torch::Tensor()), has_text("is undefined"));
  CHECK_THAT(of(torch::zeros({1, 3}).expand({4, 3})), has_text("entries that share memory"));
  CHECK_THAT(of(torch::zeros({9}).as_strided({4, 4}, {1, 1})), has_text("share memory"));

  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector{leaf(torch::zeros({2}))},
                      std::make_unique<torch::optim::AdamWOptions>(0.1));
  CHECK_THAT(refusal([&] { Optimizer(groups, sgd); }), has_text("another optimiser's"));
  pion::torch::Options named = sgd;
  named.names = {"a", "b"};
  CHECK_THAT(refusal([&] { Optimizer({leaf(torch::zeros({2}))}, named); }),
             has_text("has 1 parameters and 2 names"));
  CHECK_THAT(refusal([] { pion::torch::Options("sgd", -1.0); }), has_text("learning rate"));
  CHECK_THAT(refusal([] { pion::torch::Options("adamw", 1e9); }), has_text("decay"));

  // The second parameter is at fault each time; the first must not have moved.
  const torch::Tensor good = leaf(torch::ones({2, 3})), bad = leaf(torch::ones({2, 3}));
  pion::torch::Options both = sgd;
  both.names = {"good", "bad"};
  Optimizer optimizer({good, bad}, both);
  good.mutable_grad() = torch::ones({2, 3});
  const auto refused = [&](const torch::Tensor& g) {
    bad.mutable_grad() = g;
    const std::string why = refusal([&optimizer] { optimizer.step(); });
    CHECK(same(good, torch::ones({2, 3})));
    CHECK(same(bad, torch::ones({2, 3})));
    CHECK(optimizer.state().empty());
    return why;
  };
  CHECK_THAT(refused(torch::ones({2, 3}).to_sparse()),
             has_text("the parameter bad (2x3): its gradient is sparse"));
  CHECK_THAT(refused(torch::ones({3, 2})), has_text("its gradient is 3x2"));
  CHECK_THAT(refused(torch::full({2, 3}, std::nan(""))), has_text("its gradient is not finite"));
  CHECK_THAT(refused(torch::full({2, 3}, -INFINITY)), has_text("its gradient is not finite"));
  optimizer.param_groups()[0].options().set_lr(std::nan(""));
  CHECK_THAT(refused(torch::ones({2, 3})), has_text("learning rate"));
  optimizer.param_groups()[0].options().set_lr(0.5);
  const torch::Tensor view = leaf(good.detach());
  view.mutable_grad() = torch::ones({2, 3});
  optimizer.add_param_group({std::vector{view}, std::make_unique<pion::torch::Options>(sgd)});
  CHECK_THAT(refused(torch::ones({2, 3})),
             has_text("has the memory of another one, pion::torch::Optimizer: the parameter good"));
}

TEST_CASE("a step that would overflow leaves its parameter and state as they were") {
  for (const auto scalar : {torch::kHalf, torch::kBFloat16, torch::kFloat}) {
    INFO(c10::toString(scalar));
    const double highest = scalar == torch::kHalf ? 65504.0 : 3.3895e38;
    const torch::Tensor p = leaf(torch::full({2, 2}, highest, torch::kDouble).to(scalar));
    const torch::Tensor other = leaf(torch::ones({2}));
    pion::torch::Optimizer optimizer({p, other}, {"sgd", 1e4});
    p.mutable_grad() = torch::zeros({2, 2}, scalar);
    other.mutable_grad() = torch::zeros({2});
    optimizer.step();
    const torch::Tensor before = p.detach().clone();
    p.mutable_grad() = torch::full({2, 2}, scalar == torch::kHalf ? -1e4 : -1e35, scalar);
    other.mutable_grad() = torch::ones({2});
    CHECK_THAT(refusal([&optimizer] { optimizer.step(); }), has_text("not finite"));
    CHECK(same(p, before));
    CHECK(same(other, torch::full({2}, 1.0F - 1e4F)));
    const auto& kept =
        static_cast<const pion::torch::ParamState&>(*optimizer.state().at(p.unsafeGetTensorImpl()));
    CHECK(std::get<po::State<float>>(kept.state).steps == 1);
    CHECK(std::get<po::State<float>>(kept.state).momentum.isZero(0));
  }
}

TEST_CASE("a gradient of another scalar than its parameter's counts by its numbers") {
  const torch::ScalarType scalars[] = {torch::kDouble, torch::kFloat, torch::kHalf,
                                       torch::kBFloat16};
  const torch::Tensor numbers = torch::arange(-12.0, 12.0).view({4, 6});  // exact in each
  for (const torch::ScalarType scalar : scalars) {
    const auto stepped = [&](torch::ScalarType of) {
      const torch::Tensor p = leaf(torch::ones({4, 6}, scalar));
      p.mutable_grad() = numbers.to(of);
      pion::torch::Optimizer({p}, {po::presets::muon(), 0.125}).step();
      return p.detach();
    };
    const torch::Tensor right = stepped(scalar);
    for (const torch::ScalarType of : scalars) {
      INFO(c10::toString(scalar) << ", " << c10::toString(of));
      CHECK(torch::equal(stepped(of), right));
    }
  }
}
