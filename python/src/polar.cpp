// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/optional.h>

#include <optional>
#include <pion/apply/polar.hpp>

#include "arrays.hpp"
#include "parts.hpp"

namespace pion::python {
namespace {

template <class Selection>
ApplyInfo polar(const Selection& selection, const Input& x, const Output& y,
                std::optional<double> tolerance) {
  const nb::gil_scoped_release others_run;
  return with_maps(x, y, [&](const auto& in, auto& out) {
    if (!tolerance) return polar_factor(in, selection, out);
    Workspace workspace;
    return polar_factor(in, selection, out, workspace, tolerance_of(*tolerance));
  });
}

}  // namespace

void bind_polar(nb::module_& m) {
  m.def(
      "polar_leading",
      [](const Input& x, const Output& y, Index rank, std::optional<double> tolerance) {
        return polar(Leading{rank}, x, y, tolerance);
      },
      nb::arg("x").noconvert(), nb::arg("out").noconvert(), nb::arg("rank"),
      nb::arg("tolerance") = nb::none());
  m.def(
      "polar_at_least",
      [](const Input& x, const Output& y, double tau, std::optional<double> tolerance) {
        return polar(AtLeast{tau}, x, y, tolerance);
      },
      nb::arg("x").noconvert(), nb::arg("out").noconvert(), nb::arg("tau"),
      nb::arg("tolerance") = nb::none());
  m.def(
      "polar_above_noise",
      [](const Input& x, const Output& y, std::optional<double> tolerance) {
        return polar(AboveNoise{}, x, y, tolerance);
      },
      nb::arg("x").noconvert(), nb::arg("out").noconvert(), nb::arg("tolerance") = nb::none());
}

}  // namespace pion::python
