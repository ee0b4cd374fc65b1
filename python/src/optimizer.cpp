// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <pion/engine/load_store.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "arrays.hpp"
#include "parts.hpp"
#include "recipe.hpp"
#include "state.hpp"

namespace pion::python {
namespace {

std::vector<NamedRecipe> all_recipes() {
  std::vector<NamedRecipe> all = filtering_recipes();
  for (const auto& more : {adaptive_recipes(), plain_recipes()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

/// A recipe by name, and the numbers that it has.
struct MadeRecipe {
  ScalarRecipes recipes;
  Numbers options;
  double learning_rate;
};

MadeRecipe make_recipe(const std::string& name, Numbers given, std::optional<Filter> filter,
                       std::optional<double> tolerance) {
  const std::vector<NamedRecipe> all = all_recipes();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&name](const NamedRecipe& r) { return name == r.name; });
  if (found == all.end()) {
    std::string names;
    for (const NamedRecipe& r : all) names.append(names.empty() ? "" : ", ").append(r.name);
    throw io::Error("recipe " + io::quote(name), "is not known; there are " + names);
  }
  if ((filter && found->takes == Takes::numbers) ||
      (tolerance && found->takes != Takes::filter_and_tolerance)) {
    throw io::Error("recipe " + io::quote(name), filter && found->takes == Takes::numbers
                                                     ? "has no filter"
                                                     : "has no tolerance");
  }
  Options options(std::move(given));
  ScalarRecipes recipes = found->make({std::move(filter), tolerance}, options);
  options.require_all_taken(name);
  return {std::move(recipes), options.taken(), found->learning_rate};
}

/// The memory that the steps of one optimiser work in.
struct StepMemory {
  optimizer::StepWorkspace workspace;
  detail::ColumnMajor<float> parameter, gradient;  ///< Of 16-bit ones.
  std::mutex one_at_a_time;
};

/// A step of a parameter of 16 bits: computed in float, rounded at the end.
template <class T>
optimizer::StepInfo step_short(const MadeRecipe& recipe, optimizer::AnyMap<T> w,
                               const optimizer::AnyMap<const T>& g, double rate, State& state,
                               StepMemory& memory) {
  memory.parameter = w.template cast<float>();
  memory.gradient = g.template cast<float>();
  const auto map = [](auto& m) {
    return optimizer::any_map(m.data(), m.rows(), m.cols(), Index(1), m.rows());
  };
  // float16 ends at 65504, which the step in float does not know: then the state must be as before.
  constexpr bool may_overflow = std::is_same_v<T, Eigen::half>;
  std::optional<State> before;
  if constexpr (may_overflow) before = state;
  const auto& const_gradient = memory.gradient;
  auto info = recipe.recipes.of<float>().step(map(memory.parameter), map(const_gradient), rate,
                                              state.of<float>(), memory.workspace);
  if (!info.taken()) return info;
  if constexpr (may_overflow) {
    const auto highest = static_cast<float>((std::numeric_limits<T>::max)());
    if (memory.parameter.size() > 0 && memory.parameter.cwiseAbs().maxCoeff() > highest) {
      state = *before;
      info = {};
      info.outcome = optimizer::Outcome::result_not_finite;
      return info;
    }
  }
  w = memory.parameter.template cast<T>();
  return info;
}

/// Steps parameters one after another. Returns what became of each: 0 taken, 1 the gradient or 2
/// the result is not finite, and nothing was changed.
std::vector<int> step_all(const MadeRecipe& recipe, const std::vector<Output>& parameters,
                          const std::vector<Input>& gradients, double rate,
                          const std::vector<State*>& states, StepMemory& memory) {
  const nb::gil_scoped_release others_run;
  const std::lock_guard<std::mutex> lock(memory.one_at_a_time);
  std::vector<int> outcomes;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    with_scalar(parameters[i], [&](auto scalar) {
      using T = decltype(scalar);
      const auto w = map_of<T>(parameters[i]);
      const auto g = map_of<const T>(gradients[i]);
      if constexpr (sizeof(T) == 2) {
        outcomes.push_back(
            static_cast<int>(step_short<T>(recipe, w, g, rate, *states[i], memory).outcome));
      } else {
        outcomes.push_back(static_cast<int>(
            recipe.recipes.of<T>().step(w, g, rate, states[i]->of<T>(), memory.workspace).outcome));
      }
    });
  }
  return outcomes;
}

State initial_state(const MadeRecipe& recipe, Index rows, Index cols, bool in_double) {
  if (in_double) return State{recipe.recipes.of<double>().initial_state(rows, cols)};
  return State{recipe.recipes.of<float>().initial_state(rows, cols)};
}

}  // namespace

void bind_optimizer(nb::module_& m) {
  nb::class_<MadeRecipe>(m, "Recipe")
      .def_ro("options", &MadeRecipe::options)
      .def_ro("learning_rate", &MadeRecipe::learning_rate)
      .def("initial_state", &initial_state, nb::arg("rows"), nb::arg("cols"), nb::arg("in_double"));
  m.def("recipe", &make_recipe, nb::arg("name"), nb::arg("options"), nb::arg("filter") = nb::none(),
        nb::arg("tolerance") = nb::none());
  m.def("recipe_names", [] {
    std::vector<std::string> names;
    for (const NamedRecipe& r : all_recipes()) names.emplace_back(r.name);
    return names;
  });
  nb::class_<StepMemory>(m, "StepMemory").def(nb::init<>());
  m.def("step_all", &step_all, nb::arg("recipe"), nb::arg("parameters"), nb::arg("gradients"),
        nb::arg("learning_rate"), nb::arg("states"), nb::arg("memory"));
  bind_state(m);
}

}  // namespace pion::python
