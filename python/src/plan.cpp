// SPDX-License-Identifier: Apache-2.0
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <pion/apply/plan_within.hpp>
#include <string>

#include "arrays.hpp"
#include "parts.hpp"

namespace pion::python {
namespace {

template <class T>
Plan plan_for(const Filter& f, Index rows, Index cols, std::optional<double> tolerance) {
  if (tolerance) return plan<T>(f, rows, cols, tolerance_of(*tolerance));
  return plan<T>(f, rows, cols);
}

Plan plan_of(const Filter& f, Index rows, Index cols, const std::string& dtype,
             std::optional<double> tolerance) {
  if (dtype == "float32") return plan_for<float>(f, rows, cols, tolerance);
  if (dtype == "float64") return plan_for<double>(f, rows, cols, tolerance);
  if (dtype == "float16") return plan_for<Eigen::half>(f, rows, cols, tolerance);
  if (dtype == "bfloat16") return plan_for<Eigen::bfloat16>(f, rows, cols, tolerance);
  detail::refuse_argument("plan: the dtype \"" + dtype +
                          "\" is not known; there are float16, bfloat16, float32, float64");
}

}  // namespace

void bind_plan(nb::module_& m) {
  nb::class_<Plan>(m, "Plan", "What apply() does with a matrix of one shape, and what it costs.")
      .def_prop_ro("method", [](const Plan& p) { return std::string(name(p.method)); })
      .def_ro("rows", &Plan::rows)
      .def_ro("cols", &Plan::cols)
      .def_ro("multiply_adds", &Plan::multiply_adds)
      .def_ro("bytes", &Plan::bytes, "What passes through memory.")
      .def_ro("workspace", &Plan::workspace, "Bytes that the call works in.")
      .def_ro("rank", &Plan::rank, "With a tolerance: the directions that the search begins with.");
  m.def("plan", &plan_of, nb::arg("filter"), nb::arg("rows"), nb::arg("cols"), nb::arg("dtype"),
        nb::arg("tolerance") = nb::none());
}

}  // namespace pion::python
