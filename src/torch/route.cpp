// SPDX-License-Identifier: Apache-2.0
#include <pion/torch/route.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>

#include <torch/types.h>

#include <pion/detail/check.hpp>

namespace pion::torch {
namespace {

struct Named {
  std::string name;
  at::Tensor tensor;
};

/// A module names a tensor that two layers share twice.
std::vector<Named> distinct(const ::torch::nn::Module& module) {
  std::vector<Named> all;
  std::set<const at::TensorImpl*> seen;
  for (const auto& p : module.named_parameters()) {
    if (p.value().defined() && seen.insert(p.value().unsafeGetTensorImpl()).second) {
      all.push_back({p.key(), p.value()});
    }
  }
  return all;
}

}  // namespace

std::vector<optimizer::Parameter> parameters_of(const ::torch::nn::Module& module) {
  std::vector<optimizer::Parameter> all;
  for (const Named& p : distinct(module)) {
    const std::size_t dot = p.name.find('.');
    const bool strided = p.tensor.layout() == at::kStrided;
    all.push_back({p.name,
                   {p.tensor.sizes().begin(), p.tensor.sizes().end()},
                   dot == std::string::npos ? "" : p.name.substr(0, dot),
                   strided ? p.tensor.data_ptr() : nullptr});
  }
  return all;
}

std::vector<::torch::optim::OptimizerParamGroup> detail::grouped(
    const ::torch::nn::Module& module, const std::vector<std::string>& labels,
    const std::map<std::string, Recipe>& all, const Rates& rates) {
  for (const auto& [label, rate] : rates) {
    if (all.count(label) == 0) {
      pion::detail::refuse_argument("pion::torch::route: the rate of \"" + label +
                                    "\" is for no parameter");
    }
  }
  std::vector<::torch::optim::OptimizerParamGroup> groups;
  std::map<std::string, std::size_t> group_of;
  const std::vector<Named> parameters = distinct(module);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string& label = labels[i];
    const auto [group, is_new] = group_of.emplace(label, groups.size());
    if (is_new) {
      const auto rate = rates.find(label);
      if (rate == rates.end()) {
        pion::detail::refuse_argument("pion::torch::route: there is no learning rate for \"" +
                                      label + "\"");
      }
      groups.emplace_back(std::vector<at::Tensor>(),
                          std::make_unique<Options>(all.at(label), rate->second));
    }
    groups[group->second].params().push_back(parameters[i].tensor);
    static_cast<Options&>(groups[group->second].options()).names.push_back(parameters[i].name);
  }
  return groups;
}

}  // namespace pion::torch
