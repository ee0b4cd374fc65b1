// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>  // std::move
#include <vector>

#include <torch/nn/module.h>

#include <pion/optimizer/routing/router.hpp>
#include <pion/torch/optimizer.hpp>

namespace pion::torch {

/// Learning rates by the labels of an assignment.
using Rates = std::map<std::string, double>;

/// Describes the parameters of a module to a router, each once. The word before the first dot of a
/// name is its module: "vision" of "vision.blocks.0.weight".
std::vector<optimizer::Parameter> parameters_of(const ::torch::nn::Module& module);

namespace detail {

/// Makes a group of the parameters that have one label.
/// \param labels  of parameters_of(module), in its order.
/// \throws std::invalid_argument if a label has no rate, or a rate has no parameter.
std::vector<::torch::optim::OptimizerParamGroup> grouped(const ::torch::nn::Module& module,
                                                         const std::vector<std::string>& labels,
                                                         const std::map<std::string, Recipe>& all,
                                                         const Rates& rates);

}  // namespace detail

/// Makes the parameter groups of a module by an assignment (optimizer/routing/router.hpp): one for
/// each recipe that claims a parameter, in the order in which they first do. A parameter that the
/// module has twice (tied weights) goes by its first name. Those of the paper are in
/// optimizer/routing/assignments.hpp.
/// \param assignment  of float for a module in float or 16 bits, of double for one in double.
/// \param rates       the learning rate for each label.
/// \param[out] routed gets a line for each parameter: its name, shape, module and label.
/// \throws std::invalid_argument if no recipe claims a parameter, or two do; if two tensors begin
///         at one address; if a label has no rate, or a rate has no parameter.
template <class T>
std::vector<::torch::optim::OptimizerParamGroup> route(const ::torch::nn::Module& module,
                                                       const optimizer::Router<T>& assignment,
                                                       const Rates& rates,
                                                       std::string* routed = nullptr) {
  const std::vector<optimizer::Parameter> parameters = parameters_of(module);
  std::string text = assignment.print(parameters);
  std::vector<std::string> labels;
  std::map<std::string, Recipe> recipes;
  for (const optimizer::Parameter& p : parameters) {
    labels.push_back(assignment.label(p));
    recipes.emplace(labels.back(), Recipe(assignment.recipe(p), labels.back()));
  }
  auto groups = detail::grouped(module, labels, recipes, rates);
  if (routed != nullptr) *routed = std::move(text);
  return groups;
}

}  // namespace pion::torch
