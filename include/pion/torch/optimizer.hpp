// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <torch/optim/optimizer.h>

#include <pion/optimizer/state.hpp>
#include <pion/optimizer/step.hpp>
#include <pion/torch/recipe.hpp>

namespace pion::torch {

/// What a group of parameters is stepped by. A parameter group of LibTorch takes it.
struct Options : ::torch::optim::OptimizerCloneableOptions<Options> {
  /// \param rate  the learning rate, by default the published one of a recipe by name.
  /// \throws std::invalid_argument if neither is given, or the rate is negative or not finite.
  Options(Recipe what,  // NOLINT(google-explicit-constructor): "adamw" is enough
          std::optional<double> rate = std::nullopt);
  Options(const char* what)  // NOLINT(google-explicit-constructor)
      : Options(Recipe(what)) {}

  Recipe recipe;         ///< How the parameters are stepped.
  double learning_rate;  ///< Of the next step.
  /// What messages and checkpoints call the parameters of the group, one for each, or none: then
  /// they are "0/2", the group and the place in it.
  std::vector<std::string> names;

  /// LibTorch's learning-rate schedulers use these.
  double get_lr() const override { return learning_rate; }
  void set_lr(const double lr) override { learning_rate = lr; }
};

/// What is remembered of a parameter, in Optimizer::state(). Parameters of double are computed in
/// double, all others in float.
struct ParamState : ::torch::optim::OptimizerCloneableParamState<ParamState> {
  explicit ParamState(std::variant<optimizer::State<float>, optimizer::State<double>> all)
      : state(std::move(all)) {}

  std::variant<optimizer::State<float>, optimizer::State<double>> state;  ///< All of it.
};

/// Recipes of the library as an optimiser of LibTorch.
///
/// A tensor is stepped where it lies, whatever its strides. A vector counts as one column, and a
/// tensor of three or more dimensions as a matrix with a row for each output: (out, rest), as the
/// filters of convolutions are flattened. One whose memory cannot be seen so (channels last), and
/// one of 16 bits, is stepped in a copy and written back. A parameter without a gradient is left
/// alone, and one that is listed twice is stepped once, by its first group.
///
/// Parameters lie on the CPU, dense, in float, double, half or bfloat16. On a GPU, step matrices
/// with pion::cuda.
class Optimizer : public ::torch::optim::Optimizer {
 public:
  /// \param groups    those without options have the defaults.
  /// \throws std::invalid_argument if options are not of the type Options, names are not one for
  ///         each parameter, or a parameter cannot be stepped: sparse, complex, of integers, on
  ///         another device, with entries that share memory, not a leaf (c10::Error).
  Optimizer(const std::vector<::torch::optim::OptimizerParamGroup>& groups, Options defaults);
  Optimizer(std::vector<::torch::Tensor> parameters, Options options);

  /// Adds a group. One without options has the defaults. (Newer versions of the function of this
  /// name in LibTorch give the defaults to every group whose options are not LibTorch's own.)
  /// \throws std::invalid_argument if a parameter is undefined; c10::Error if it is not a leaf. Of
  ///         all else that is wrong with the group, step() tells.
  void add_param_group(const ::torch::optim::OptimizerParamGroup& group);

  /// Steps each parameter that has a gradient.
  /// \param closure  computes the loss and its gradients, under autograd; recipes that need the
  ///                 loss get it.
  /// \return what the closure returns, or an undefined tensor.
  /// \throws std::invalid_argument as the constructor, and if a gradient does not fit its
  ///         parameter, two parameters have the same memory, or a learning rate or number is out of
  ///         its range; std::domain_error if a gradient has an entry that is NaN or infinite.
  ///         Nothing is changed then. (What only a step can tell, such as a loss that is missing,
  ///         leaves that parameter and those after it as they were.)
  ///         std::domain_error too where a step would leave an entry that is not finite: that
  ///         parameter and its state are as they were, the others are stepped.
  ::torch::Tensor step(LossClosure closure = nullptr) override;

  /// What torch::save() and torch::load() call: the learning rates and the states.
  ///
  /// load() takes what was saved of the same groups, shapes, scalars and recipes, in all that
  /// signature() says of them (optimizer/recipe/recipe.hpp).
  /// \throws std::runtime_error that says what differs; c10::Error if the archive is none of an
  ///         optimiser. Nothing is changed then.
  void save(::torch::serialize::OutputArchive& archive) const override;
  void load(::torch::serialize::InputArchive& archive) override;

  /// Returns what messages and checkpoints call a parameter.
  std::string name(std::size_t group, std::size_t place) const;

 private:
  struct Job;
  Job look_at(std::size_t group, std::size_t place) const;

  optimizer::StepWorkspace workspace_;
};

/// Writes the states to a checkpoint of pion's (optimizer/checkpoint.hpp), by the names of the
/// parameters; load_checkpoint() reads one. Learning rates are not in it. Cost: a copy of the
/// states.
/// \throws std::invalid_argument if some parameters are of double and others not, which one file
///         cannot hold, or two have one name; std::runtime_error as optimizer::save() and load().
///         Nothing is changed then.
void save_checkpoint(const std::string& path, const Optimizer& optimizer);
void load_checkpoint(const std::string& path, Optimizer& optimizer);

}  // namespace pion::torch
