// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "parts.hpp"
#include "pion_tool/recipes/catalogue.hpp"
#include "pion_tool/recipes/step_stored.hpp"
#include "routing.hpp"
#include "state.hpp"

namespace pion::python {
namespace {

using recipes::MadeRecipe;

/// The memory that the steps of one optimiser work in.
struct StepMemory : recipes::StepMemory {
  std::mutex one_at_a_time;
};

/// Steps parameters one after another. Returns what became of each: 0 taken, 1 the gradient or 2
/// the result is not finite, and nothing was changed.
std::vector<int> step_all(const MadeRecipe& recipe, const std::vector<Output>& parameters,
                          const std::vector<Input>& gradients, double rate,
                          const std::vector<State*>& states, StepMemory& memory,
                          std::optional<double> loss) {
  const nb::gil_scoped_release others_run;
  const std::lock_guard<std::mutex> lock(memory.one_at_a_time);
  std::vector<int> outcomes;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    with_scalar(parameters[i], [&](auto scalar) {
      using T = decltype(scalar);
      using Computed = detail::compute_t<T>;
      const optimizer::StepInputs<Computed> inputs{loss};
      const auto info = recipes::step_stored<T>(recipe.recipes, map_of<T>(parameters[i]),
                                                map_of<const T>(gradients[i]), rate,
                                                states[i]->of<Computed>(), memory, inputs);
      outcomes.push_back(static_cast<int>(info.outcome));
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
      .def_ro("base", &MadeRecipe::base)
      .def_prop_ro("learning_rate",
                   [](const MadeRecipe& recipe) { return recipe.named->learning_rate; })
      .def_prop_ro("needs_loss",
                   [](const MadeRecipe& recipe) {
                     return (recipe.named->takes & recipes::takes::loss) != 0;
                   })
      .def("initial_state", &initial_state, nb::arg("rows"), nb::arg("cols"), nb::arg("in_double"));
  m.def(
      "recipe",
      [](const std::string& name, recipes::Numbers options, std::optional<Filter> filter,
         std::optional<double> tolerance, bool exact) {
        return recipes::make_recipe(name, std::move(options), {filter, exact, tolerance, {}});
      },
      nb::arg("name"), nb::arg("options"), nb::arg("filter") = nb::none(),
      nb::arg("tolerance") = nb::none(), nb::arg("exact") = false);
  m.def(
      "recipe_named",
      [](const std::string& text, const recipes::Numbers& options) {
        return recipes::recipe_named(text, false, options);
      },
      nb::arg("text"), nb::arg("options"));
  m.def("recipe_names", [] {
    std::vector<std::string> names;
    for (const recipes::NamedRecipe& r : recipes::catalogue()) names.emplace_back(r.name);
    return names;
  });
  nb::class_<StepMemory>(m, "StepMemory").def(nb::init<>());
  m.def("step_all", &step_all, nb::arg("recipe"), nb::arg("parameters"), nb::arg("gradients"),
        nb::arg("learning_rate"), nb::arg("states"), nb::arg("memory"),
        nb::arg("loss") = nb::none());
  bind_state(m);
  bind_routing(m);
}

}  // namespace pion::python
