// SPDX-License-Identifier: Apache-2.0
#include <pion/optimizer/checkpoint.hpp>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <torch/types.h>

#include "states.hpp"

namespace pion::torch {
namespace {

/// A parameter by the name that a file has it by.
struct Named {
  std::string name;
  at::Tensor tensor;
  const Recipe* recipe;
};

std::vector<Named> named(const Optimizer& optimizer) {
  std::vector<Named> all;
  std::set<const at::TensorImpl*> seen;
  std::set<std::string> names;
  for (std::size_t i = 0; i < optimizer.param_groups().size(); ++i) {
    const auto& group = optimizer.param_groups()[i];
    for (std::size_t j = 0; j < group.params().size(); ++j) {
      const at::Tensor& p = group.params()[j];
      if (!seen.insert(p.unsafeGetTensorImpl()).second) continue;
      all.push_back(
          {optimizer.name(i, j), p, &static_cast<const Options&>(group.options()).recipe});
      if (!names.insert(all.back().name).second) {
        pion::detail::refuse_argument("pion::torch: two parameters have the name " +
                                      all.back().name);
      }
      if (detail::state_index(p) != detail::state_index(all.front().tensor)) {
        pion::detail::refuse_argument(
            "pion::torch: a checkpoint holds one scalar: " + all.back().name + " and " +
            all.front().name + " differ in double or not; use torch::save()");
      }
    }
  }
  return all;
}

/// Calls f(states) with the states that the optimiser has, and first ones for the others.
template <class F>
void with_states(const std::vector<Named>& parameters, const Optimizer& optimizer, const F& f) {
  if (parameters.empty()) return f(optimizer::States<float>());
  detail::with_scalar(parameters.front().tensor, [&](auto scalar) {
    using T = decltype(scalar);
    optimizer::States<T> states;
    for (const Named& p : parameters) {
      const auto kept = optimizer.state().find(p.tensor.unsafeGetTensorImpl());
      states[p.name] = std::get<optimizer::State<T>>(
          kept == optimizer.state().end() ? detail::initial_state(*p.recipe, p.tensor)
                                          : detail::state_of(std::as_const(*kept->second)));
    }
    f(std::move(states));
  });
}

}  // namespace

void save_checkpoint(const std::string& path, const Optimizer& optimizer) {
  with_states(named(optimizer), optimizer,
              [&path](const auto& states) { optimizer::save(path, states); });
}

void load_checkpoint(const std::string& path, Optimizer& optimizer) {
  const std::vector<Named> parameters = named(optimizer);
  with_states(parameters, optimizer, [&](auto states) {
    optimizer::load(path, states);
    for (const Named& p : parameters) {
      optimizer.state()[p.tensor.unsafeGetTensorImpl()] =
          std::make_unique<ParamState>(std::move(states.at(p.name)));
    }
  });
}

}  // namespace pion::torch
