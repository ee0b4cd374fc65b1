// SPDX-License-Identifier: Apache-2.0
// What an optimiser saves, another one loads, and goes on to the last bit.
#include <filesystem>
#include <random>
#include <sstream>

#include "torch/support.hpp"

using namespace torch_tests;
namespace po = pion::optimizer;

namespace {

constexpr const char* pion_1 = "pion:kp=1";

/// A model of a matrix, a vector and a convolution, and an optimiser of two recipes.
struct Run {
  std::vector<torch::Tensor> parameters;
  std::unique_ptr<pion::torch::Optimizer> optimizer;

  explicit Run(const std::string& hidden = pion_1, const char* rest = "adamw",
               torch::ScalarType scalar = torch::kFloat) {
    torch::manual_seed(11);
    for (const auto& shape : {std::vector<std::int64_t>{6, 4}, {4}, {3, 2, 2, 2}}) {
      parameters.push_back(leaf(torch::randn(shape, torch::kDouble).to(scalar)));
    }
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(std::vector{parameters[0], parameters[2]});
    groups.emplace_back(std::vector{parameters[1]},
                        std::make_unique<pion::torch::Options>(rest, 0.25));
    optimizer =
        std::make_unique<pion::torch::Optimizer>(groups, pion::torch::Options(hidden, 0.125));
  }

  void go(int first, int last) const {
    for (int t = first; t < last; ++t) {
      torch::manual_seed(static_cast<std::uint64_t>(100 + t));
      for (const torch::Tensor& p : parameters) {
        p.mutable_grad() = torch::randn(p.sizes(), torch::kDouble).to(p.scalar_type());
      }
      optimizer->step();
    }
  }

  void take_parameters(const Run& other) const {
    const torch::NoGradGuard none;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      torch::Tensor mine = parameters[i];
      mine.copy_(other.parameters[i]);
    }
  }

  bool same_as(const Run& other) const {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (!same(parameters[i], other.parameters[i])) return false;
    }
    return true;
  }
};

std::string saved(const Run& run) {
  std::ostringstream out;
  torch::save(*run.optimizer, out);
  return out.str();
}

void load(const std::string& bytes, Run& run) {
  std::istringstream in(bytes);
  torch::load(*run.optimizer, in);
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("pion_torch_" + std::to_string(std::random_device()()));
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const char* name) const { return (path / name).string(); }
};

}  // namespace

TEST_CASE("torch::save and torch::load carry an optimiser on to the last bit") {
  const auto scalar = GENERATE(torch::kFloat, torch::kDouble, torch::kBFloat16);
  // Moments, a second moment, a basis that a rule remembers, bytes of a codec.
  const std::string hidden =
      GENERATE("moonlight", "adamw", "pion_within:tolerance=0.1", "soap", "muon_8bit", "normuon");
  INFO(hidden << " " << c10::toString(scalar));
  Run whole(hidden, "sgd", scalar), half(hidden, "sgd", scalar), other(hidden, "sgd", scalar);
  whole.go(0, 6);
  half.go(0, 3);
  half.optimizer->param_groups()[0].options().set_lr(0.0625);
  other.take_parameters(half);
  load(saved(half), other);
  CHECK(other.optimizer->param_groups()[0].options().get_lr() == 0.0625);
  other.optimizer->param_groups()[0].options().set_lr(0.125);
  other.go(3, 6);
  CHECK(other.same_as(whole));
}

TEST_CASE("a checkpoint of pion's carries an optimiser on to the last bit") {
  const Folder folder;
  Run whole, half, other;
  whole.go(0, 6);
  half.go(0, 3);
  other.take_parameters(half);
  pion::torch::save_checkpoint(folder.file("states"), *half.optimizer);
  pion::torch::load_checkpoint(folder.file("states"), *other.optimizer);
  other.go(3, 6);
  CHECK(other.same_as(whole));

  Run mixed;
  mixed.optimizer->add_param_group({std::vector{leaf(torch::zeros({2}, torch::kDouble))},
                                    std::make_unique<pion::torch::Options>("sgd")});
  CHECK_THAT(refusal([&] { pion::torch::save_checkpoint(folder.file("mixed"), *mixed.optimizer); }),
             has_text("a checkpoint holds one scalar"));
  Run wrong("moonlight");
  CHECK_THAT(
      refusal([&] { pion::torch::load_checkpoint(folder.file("states"), *wrong.optimizer); }),
      has_text("the model's recipe is"));
  CHECK(wrong.optimizer->state().empty());
  Run twice;
  auto& options = static_cast<pion::torch::Options&>(twice.optimizer->param_groups()[0].options());
  options.names = {"same", "same"};
  CHECK_THAT(refusal([&] { pion::torch::save_checkpoint(folder.file("x"), *twice.optimizer); }),
             has_text("two parameters have the name same"));
}

TEST_CASE("an archive that does not fit is refused, and nothing is changed") {
  Run run;
  run.go(0, 2);
  const std::string bytes = saved(run);
  const auto refused = [&bytes](Run& other) {
    other.go(0, 1);
    const std::string before = saved(other);
    const std::string why = refusal([&] { load(bytes, other); });
    CHECK(saved(other) == before);
    return why;
  };
  Run recipe("moonlight"), rest(pion_1, "sgd"), scalar(pion_1, "adamw", torch::kDouble);
  CHECK_THAT(refused(recipe), has_text("the parameter 0/0: ") && has_text("the recipe is"));
  CHECK_THAT(refused(rest), has_text("the recipe is"));
  CHECK_THAT(refused(scalar), has_text("\"momentum\" is 6x4 of Float"));
  Run more;
  more.optimizer->add_param_group(
      {std::vector{leaf(torch::zeros({2}))}, std::make_unique<pion::torch::Options>("sgd")});
  CHECK_THAT(refused(more), has_text("the archive has 2 groups, the optimiser 3"));
  Run shape;
  shape.parameters[0].set_data(torch::zeros({5, 4}));
  CHECK_THAT(refused(shape), has_text("\"momentum\" is 6x4 of Float, and does not fit"));

  std::ostringstream foreign;
  torch::save(torch::optim::SGD({leaf(torch::zeros({2}))}, 0.1), foreign);
  Run good;
  CHECK_THAT(refusal([&] { load(foreign.str(), good); }),
             has_text("the archive is not of a pion::torch::Optimizer"));
}
