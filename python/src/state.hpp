// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

#include <pion/detail/check.hpp>
#include <pion/optimizer/state.hpp>
#include <variant>

namespace pion::python {

/// What an optimiser remembers of a parameter, in the scalar that its steps are computed in.
struct State {
  std::variant<optimizer::State<float>, optimizer::State<double>> all;

  template <class T>
  optimizer::State<T>& of() {
    if (auto* const found = std::get_if<optimizer::State<T>>(&all)) return *found;
    detail::refuse_argument("step: the state is of another dtype than the parameter");
  }
};

void bind_state(nanobind::module_& m);

}  // namespace pion::python
