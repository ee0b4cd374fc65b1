// SPDX-License-Identifier: Apache-2.0
// An optimiser in archives of LibTorch and in checkpoints of pion.
//
// An archive has "format", "groups" and group0, group1, ...: each "learning_rate", "parameters" and
// parameter0, ...: those with a state "steps", "recipe", "failures", "pause" and a tensor for each
// matrix that has entries.
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <torch/serialize/archive.h>
#include <torch/types.h>

#include <pion/optimizer/checkpoint.hpp>

#include "states.hpp"

namespace pion::torch {
namespace {

using ::torch::serialize::InputArchive;
using ::torch::serialize::OutputArchive;

constexpr const char* format = "pion::torch 1";

[[noreturn]] void refuse_load(const std::string& why) {
  pion::detail::refuse<std::runtime_error>("pion::torch: " + why);
}

[[noreturn]] void refuse_state(const std::string& why) {
  pion::detail::refuse<std::runtime_error>(why);
}

std::string numbered(const char* name, std::size_t i) { return name + std::to_string(i); }

template <class V>
V value(InputArchive& from, const std::string& key) {
  at::IValue read;
  from.read(key, read);
  return read.to<V>();
}

/// Calls f(name, matrix) for each matrix of a state but the warm start.
template <class State, class F>
void for_each_matrix(State& state, const F& f) {
  f("momentum", state.momentum);
  f("second_moment", state.second_moment);
  for (std::size_t i = 0; i < state.parts.size(); ++i) {
    f(numbered("part", i) + "_" + "values", state.parts[i].values);
    f(numbered("part", i) + "_" + "codes", state.parts[i].codes);
  }
}

/// A tensor with a copy of a matrix, of its shape.
template <class S>
at::Tensor tensor_of(const S* data, Index rows, Index cols) {
  auto* const entries = const_cast<S*>(data);  // from_blob() knows no constants; clone() reads
  return at::from_blob(entries, {cols, rows}, c10::CppTypeToScalarType<S>::value).clone().t();
}

/// The entries of a tensor that must have this shape, column by column.
template <class S>
at::Tensor columns_of(InputArchive& from, const std::string& key, Index rows, Index cols) {
  at::Tensor read;
  from.read(key, read);
  if (read.dim() != 2 || read.size(0) != rows || (cols >= 0 && read.size(1) != cols) ||
      read.scalar_type() != c10::CppTypeToScalarType<S>::value) {
    refuse_state("\"" + key + "\" is " + detail::shape_text(read) + " of " +
                 c10::toString(read.scalar_type()) + ", and does not fit the parameter");
  }
  return read.t().contiguous();
}

template <class T>
void write(OutputArchive& to, const optimizer::State<T>& state) {
  to.write("steps", at::IValue(state.steps));
  to.write("recipe", at::IValue(state.recipe));
  for_each_matrix(state, [&to](const std::string& name, const auto& m) {
    if (m.size() > 0) to.write(name, tensor_of(m.data(), m.rows(), m.cols()));
  });
  const WarmStart<T>& start = state.warm_start;
  to.write("failures", at::IValue(std::int64_t{start.backoff().failures()}));
  to.write("pause", at::IValue(std::int64_t{start.backoff().pause()}));
  if (start.directions() > 0) {
    to.write("warm_start", tensor_of(start.values().data(), start.extent(), start.directions()));
  }
}

/// \param[in,out] state  the one that the recipe begins with.
template <class T>
void read(InputArchive& from, optimizer::State<T>& state) {
  const auto recipe = value<std::string>(from, "recipe");
  if (recipe != state.recipe) {
    refuse_state("the state is of " + recipe + ", and the recipe is " + state.recipe);
  }
  state.steps = value<std::int64_t>(from, "steps");
  if (state.steps < 0) refuse_state("the state counts " + std::to_string(state.steps) + " steps");
  for_each_matrix(state, [&from](const std::string& name, auto& m) {
    using S = typename std::decay_t<decltype(m)>::Scalar;
    if (m.size() == 0) return;
    const at::Tensor columns = columns_of<S>(from, name, m.rows(), m.cols());
    std::copy_n(columns.template data_ptr<S>(), m.size(), m.data());
  });
  at::Tensor warm;
  if (from.try_read("warm_start", warm)) {
    const at::Tensor columns = columns_of<T>(from, "warm_start", state.momentum.rows(), -1);
    state.warm_start.remember({columns.template data_ptr<T>(), columns.size(1), columns.size(0)});
  }
  state.warm_start.backoff() =
      Backoff::resumed(static_cast<std::int32_t>(value<std::int64_t>(from, "failures")),
                       static_cast<std::int32_t>(value<std::int64_t>(from, "pause")));
}

}  // namespace

void Optimizer::save(OutputArchive& archive) const {
  archive.write("format", at::IValue(std::string(format)));
  archive.write("groups", at::IValue(static_cast<std::int64_t>(param_groups_.size())));
  for (std::size_t i = 0; i < param_groups_.size(); ++i) {
    const std::vector<at::Tensor>& parameters = param_groups_[i].params();
    OutputArchive group(archive.compilation_unit());
    group.write("learning_rate", at::IValue(param_groups_[i].options().get_lr()));
    group.write("parameters", at::IValue(static_cast<std::int64_t>(parameters.size())));
    for (std::size_t j = 0; j < parameters.size(); ++j) {
      const auto kept = state_.find(parameters[j].unsafeGetTensorImpl());
      if (kept == state_.end()) continue;
      OutputArchive one(archive.compilation_unit());
      std::visit([&one](const auto& state) { write(one, state); },
                 detail::state_of(std::as_const(*kept->second)));
      group.write(numbered("parameter", j), one);
    }
    archive.write(numbered("group", i), group);
  }
}

void Optimizer::load(InputArchive& archive) {
  at::IValue found;
  if (!archive.try_read("format", found) || !found.isString() || found.toStringRef() != format) {
    refuse_load("the archive is not of a pion::torch::Optimizer");
  }
  const auto same = [](std::int64_t there, std::size_t here, const std::string& what) {
    if (there == static_cast<std::int64_t>(here)) return;
    refuse_load("the archive has " + std::to_string(there) + " " + what + ", the optimiser " +
                std::to_string(here));
  };
  same(value<std::int64_t>(archive, "groups"), param_groups_.size(), "groups");
  std::vector<double> rates;
  std::vector<std::pair<void*, std::unique_ptr<ParamState>>> states;
  for (std::size_t i = 0; i < param_groups_.size(); ++i) {
    const std::vector<at::Tensor>& parameters = param_groups_[i].params();
    InputArchive group;
    archive.read(numbered("group", i), group);
    rates.push_back(value<double>(group, "learning_rate"));
    pion::detail::require_nonnegative("pion::torch: the archive's learning rate", rates.back());
    same(value<std::int64_t>(group, "parameters"), parameters.size(),
         "parameters in group " + std::to_string(i));
    for (std::size_t j = 0; j < parameters.size(); ++j) {
      const at::Tensor& p = parameters[j];
      InputArchive one;
      if (!group.try_read(numbered("parameter", j), one)) {
        states.emplace_back(p.unsafeGetTensorImpl(), nullptr);
        continue;
      }
      const auto& options = static_cast<const Options&>(param_groups_[i].options());
      auto state = std::make_unique<ParamState>(detail::initial_state(options.recipe, p));
      try {
        std::visit([&one](auto& s) { read(one, s); }, state->state);
      } catch (const std::runtime_error& error) {
        refuse_load("the parameter " + name(i, j) + ": " + error.what());
      }
      states.emplace_back(p.unsafeGetTensorImpl(), std::move(state));
    }
  }
  for (auto& [parameter, state] : states) {
    state_.erase(parameter);
    if (state) state_[parameter] = std::move(state);
  }
  for (std::size_t i = 0; i < rates.size(); ++i) param_groups_[i].options().set_lr(rates[i]);
}

}  // namespace pion::torch
