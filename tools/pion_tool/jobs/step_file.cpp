// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/jobs/step_file.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "pion_tool/io/formats.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/tensor.hpp"
#include "pion_tool/jobs/state_file.hpp"
#include "pion_tool/recipes/step_stored.hpp"

namespace pion::tool {
namespace {

/// The tensor of a gradient's file: its only one, or that of the weight's name.
io::Tensor gradient_in(const std::string& path, const std::string& weight) {
  const io::TensorFile file(io::path_of(path));
  if (file.entries().size() == 1) return file.load(file.entries().front().name);
  return file.load(file.find(weight).name);
}

/// All steps of a weight whose file stores T.
template <class T>
StepReport step_all(const recipes::MadeRecipe& recipe, const StepRequest& request,
                    const io::Tensor& weight, io::Format format) {
  using Computed = detail::compute_t<T>;
  io::Matrix<T> w = io::to_matrix<T>(weight);
  auto state = recipe.recipes.of<Computed>().initial_state(w.rows(), w.cols());
  if (!request.state.empty()) {
    load_state(io::path_of(request.state), recipe, w.rows(), w.cols(), state);
  }
  recipes::StepMemory memory;
  StepReport report;
  for (std::size_t i = 0; i < request.gradients.size(); ++i) {
    const std::string& path = request.gradients[i];
    const io::Matrix<Computed> g = io::to_matrix<Computed>(gradient_in(path, weight.name));
    optimizer::StepInputs<Computed> inputs;
    if (!request.losses.empty()) inputs.loss = request.losses[i];
    try {
      report.steps.push_back(recipes::step_stored<T>(
          recipe.recipes, optimizer::any_map(w.data(), w.rows(), w.cols(), Index(1), w.rows()),
          optimizer::any_map(g.data(), g.rows(), g.cols(), Index(1), g.rows()),
          request.learning_rate, state, memory, inputs));
    } catch (const std::invalid_argument& error) {
      throw io::Error(path, error.what());
    }
  }
  report.state_bytes = optimizer::state_bytes(state);
  if (!request.save_state.empty()) {
    save_state(io::path_of(request.save_state), recipe, w.rows(), w.cols(), state);
  }
  io::save(io::path_of(request.output), io::from_matrix(weight.name, w, weight.dtype), format);
  return report;
}

}  // namespace

StepReport step_file(const recipes::MadeRecipe& recipe, const StepRequest& request) {
  const io::Format format = io::format_of(io::path_of(request.output));
  const io::Tensor weight = io::load(io::path_of(request.weight));
  StepReport report;
  io::detail::with_type(weight.dtype, [&](auto stored) {
    report = step_all<decltype(stored)>(recipe, request, weight, format);
  });
  return report;
}

}  // namespace pion::tool
