// SPDX-License-Identifier: Apache-2.0
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <pion/apply/apply.hpp>
#include <pion/apply/per_head.hpp>
#include <pion/apply/within.hpp>
#include <string>

#include "arrays.hpp"
#include "parts.hpp"

namespace pion::python {
namespace {

ApplyInfo filter(const Filter& f, const Input& x, const Output& y,
                 std::optional<double> tolerance) {
  const nb::gil_scoped_release others_run;
  return with_maps(x, y, [&](const auto& in, auto& out) {
    Workspace workspace;
    return tolerance ? apply(f, in, out, workspace, tolerance_of(*tolerance))
                     : apply(f, in, out, workspace);
  });
}

PerHeadInfo filter_heads(const Filter& f, const Input& x, const Output& y, Index count,
                         bool by_rows) {
  const nb::gil_scoped_release others_run;
  return with_maps(x, y, [&](const auto& in, auto& out) {
    Workspace workspace;
    return apply_per_head(f, in, Heads{count, by_rows ? Axis::rows : Axis::cols}, out, workspace);
  });
}

}  // namespace

void bind_apply(nb::module_& m) {
  nb::class_<ApplyInfo>(m, "ApplyInfo")
      .def_prop_ro("method", [](const ApplyInfo& i) { return std::string(name(i.method)); })
      .def_ro("rank", &ApplyInfo::rank)
      .def_ro("survivors", &ApplyInfo::survivors)
      .def_ro("multiply_adds", &ApplyInfo::multiply_adds)
      .def_ro("output_norm", &ApplyInfo::output_norm)
      .def_ro("bound", &ApplyInfo::bound)
      .def_ro("rounding", &ApplyInfo::rounding)
      .def_ro("dead", &ApplyInfo::dead);
  nb::class_<PerHeadInfo>(m, "PerHeadInfo")
      .def_ro("heads", &PerHeadInfo::heads)
      .def_ro("dead", &PerHeadInfo::dead)
      .def_ro("output_norm", &PerHeadInfo::output_norm);
  m.def("apply", &filter, nb::arg("filter"), nb::arg("x").noconvert(), nb::arg("out").noconvert(),
        nb::arg("tolerance") = nb::none());
  m.def("apply_per_head", &filter_heads, nb::arg("filter"), nb::arg("x").noconvert(),
        nb::arg("out").noconvert(), nb::arg("count"), nb::arg("by_rows"));
}

}  // namespace pion::python
