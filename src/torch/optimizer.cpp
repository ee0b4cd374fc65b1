// SPDX-License-Identifier: Apache-2.0
#include <pion/torch/optimizer.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <torch/types.h>

#include <ATen/core/grad_mode.h>

#include "states.hpp"
#include "tensors.hpp"

namespace pion::torch {
namespace {

using pion::detail::refuse_argument;
using ::torch::optim::OptimizerParamGroup;

/// A step of a parameter. One that map_of() cannot show is stepped in a copy.
template <class T>
optimizer::StepInfo step_parameter(const Options& options, at::Tensor& parameter,
                                   const at::Tensor& gradient, optimizer::State<T>& state,
                                   optimizer::StepWorkspace& workspace,
                                   const optimizer::StepInputs<T>& inputs) {
  const at::Tensor w = detail::mappable(parameter);
  const at::Tensor g = detail::mappable(gradient.to(w.scalar_type()));  // its own may be another
  const bool rounds = parameter.scalar_type() != w.scalar_type();
  // Rounding to 16 bits may overflow, of which the step knows nothing.
  std::optional<optimizer::State<T>> before;
  if (rounds) before = state;
  optimizer::StepInfo info =
      options.recipe.of<T>().step(detail::map_of<T>(w), detail::map_of<const T>(g),
                                  options.learning_rate, state, workspace, inputs);
  if (!info.taken()) return info;
  if (w.data_ptr() == parameter.data_ptr()) {
    parameter.unsafeGetTensorImpl()->bump_version();  // as autograd must be told
    return info;
  }
  const at::Tensor rounded = w.to(parameter.scalar_type());
  if (rounds && !detail::all_finite(rounded)) {
    state = std::move(*before);
    info = {};
    info.outcome = optimizer::Outcome::result_not_finite;
    return info;
  }
  parameter.copy_(rounded);
  return info;
}

}  // namespace

Options::Options(Recipe what, std::optional<double> rate)
    : recipe(std::move(what)), learning_rate(rate.value_or(recipe.learning_rate().value_or(-1.0))) {
  if (!rate && !recipe.learning_rate()) {
    refuse_argument("pion::torch: the recipe " + recipe.name() +
                    " has no published learning rate; give one");
  }
  recipe.require_valid(learning_rate);
  pion::detail::require_nonnegative("pion::torch: the learning rate", learning_rate);
}

/// A parameter that is to be stepped.
struct Optimizer::Job {
  std::string name;
  const Options* options;
  at::Tensor parameter;
  detail::AnyState fresh;  ///< Its state if it has none yet.
};

Optimizer::Optimizer(const std::vector<OptimizerParamGroup>& groups, Options defaults)
    : ::torch::optim::Optimizer(std::vector<OptimizerParamGroup>(),
                                std::make_unique<Options>(std::move(defaults))) {
  for (const OptimizerParamGroup& group : groups) add_param_group(group);
  for (std::size_t i = 0; i < param_groups_.size(); ++i) {
    for (std::size_t j = 0; j < param_groups_[i].params().size(); ++j) look_at(i, j);
  }
}

void Optimizer::add_param_group(const OptimizerParamGroup& group) {
  for (const at::Tensor& p : group.params()) {
    if (!p.defined()) refuse_argument("pion::torch::Optimizer: a parameter is undefined");
  }
  ::torch::optim::Optimizer::add_param_group(group);
  if (group.has_options()) param_groups_.back().set_options(group.options().clone());
}

Optimizer::Optimizer(std::vector<at::Tensor> parameters, Options options)
    : Optimizer({OptimizerParamGroup(std::move(parameters))}, std::move(options)) {}

std::string Optimizer::name(std::size_t group, std::size_t place) const {
  const auto* options = dynamic_cast<const Options*>(&param_groups_.at(group).options());
  if (options != nullptr && !options->names.empty()) return options->names.at(place);
  return std::to_string(group) + "/" + std::to_string(place);
}

/// Checks all that can be checked of a parameter.
Optimizer::Job Optimizer::look_at(std::size_t group, std::size_t place) const {
  const OptimizerParamGroup& all = param_groups_[group];
  const std::string number = std::to_string(group);
  const auto* options = dynamic_cast<const Options*>(&all.options());
  if (options == nullptr) {
    refuse_argument("pion::torch::Optimizer: the options of group " + number +
                    " are another optimiser's; give pion::torch::Options");
  }
  if (!options->names.empty() && options->names.size() != all.params().size()) {
    refuse_argument("pion::torch::Optimizer: group " + number + " has " +
                    std::to_string(all.params().size()) + " parameters and " +
                    std::to_string(options->names.size()) + " names");
  }
  const at::Tensor& p = all.params()[place];
  const std::string title = "pion::torch::Optimizer: the parameter " + name(group, place);
  detail::require_writable(title, p);
  options->recipe.require_valid(options->learning_rate);
  pion::detail::require_nonnegative("pion::torch::Optimizer: the learning rate",
                                    options->learning_rate);

  Job job{title + " (" + detail::shape_text(p) + ")", options, p, {}};
  const auto kept = state_.find(p.unsafeGetTensorImpl());
  if (kept == state_.end()) {
    job.fresh = detail::initial_state(options->recipe, p);
  } else if (detail::state_of(*kept->second).index() != detail::state_index(p)) {
    refuse_argument(job.name + " has a state of another scalar; make a new optimiser");
  }
  return job;
}

at::Tensor Optimizer::step(LossClosure closure) {
  at::Tensor loss;
  if (closure) {
    const at::AutoGradMode record(true);
    loss = closure();
  }
  const bool one_number = loss.defined() && loss.numel() == 1;
  const auto of_loss = one_number ? std::optional(loss.item<double>()) : std::nullopt;
  const at::NoGradGuard none;

  std::vector<Job> jobs;
  std::set<const at::TensorImpl*> listed;
  std::map<const void*, std::string> places;
  for (std::size_t i = 0; i < param_groups_.size(); ++i) {
    const std::vector<at::Tensor>& parameters = param_groups_[i].params();
    for (std::size_t j = 0; j < parameters.size(); ++j) {
      const at::Tensor& p = parameters[j];
      if (!p.grad().defined() || !listed.insert(p.unsafeGetTensorImpl()).second) continue;
      jobs.push_back(look_at(i, j));
      const std::string& name = jobs.back().name;
      const at::Tensor& g = p.grad();
      detail::require_matrix(name + ": its gradient", g);
      if (g.sizes() != p.sizes()) {
        refuse_argument(name + ": its gradient is " + detail::shape_text(g));
      }
      if (p.numel() == 0) continue;
      const auto [first, is_new] = places.emplace(p.data_ptr(), name);
      if (!is_new) refuse_argument(name + " has the memory of another one, " + first->second);
    }
  }
  for (const Job& job : jobs) {
    if (!detail::all_finite(job.parameter.grad())) {
      pion::detail::refuse_values(job.name + ": its gradient is not finite");
    }
  }

  std::string not_finite;
  for (Job& job : jobs) {
    auto& kept = state_[job.parameter.unsafeGetTensorImpl()];
    if (!kept) kept = std::make_unique<ParamState>(std::move(*job.fresh));
    const optimizer::StepInfo info = std::visit(
        [&](auto& state) {
          using T = typename std::decay_t<decltype(state)>::Matrix::Scalar;
          optimizer::StepInputs<T> inputs;
          inputs.loss = of_loss;
          return step_parameter<T>(*job.options, job.parameter, job.parameter.grad(), state,
                                   workspace_, inputs);
        },
        detail::state_of(*kept));
    if (!info.taken() && not_finite.empty()) not_finite = job.name;
  }
  if (!not_finite.empty()) {
    pion::detail::refuse_values(not_finite +
                                ": the step would leave an entry that is not finite; it and its "
                                "state are as they were");
  }
  return loss;
}

}  // namespace pion::torch
