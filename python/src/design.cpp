// SPDX-License-Identifier: Apache-2.0
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <pion/design/monotone.hpp>
#include <pion/design/polar_express.hpp>
#include <pion/design/sharp.hpp>
#include <string>
#include <utility>
#include <vector>

#include "parts.hpp"
#include "pion_tool/io/error.hpp"

namespace pion::python {
namespace {

namespace nb = nanobind;
using Interval = std::pair<double, double>;

std::vector<Interval> intervals(const std::vector<design::Band>& bands) {
  std::vector<Interval> all;
  for (const design::Band& band : bands) all.emplace_back(band.lo, band.hi);
  return all;
}

design::Degree degree_of(const std::string& text) {
  if (text == "quintic") return design::Degree::quintic;
  if (text == "cubic") return design::Degree::cubic;
  throw io::Error("degree", io::quote(text) + " is not known; there are quintic, cubic");
}

}  // namespace

void bind_design(nb::module_& m) {
  const nb::call_guard<nb::gil_scoped_release> others_run;
  nb::class_<design::SharpFilter>(m, "SharpFilter", "A chain that parts bands within a ripple.")
      .def_ro("chain", &design::SharpFilter::chain)
      .def_prop_ro("pass_bands",
                   [](const design::SharpFilter& f) { return intervals(f.bands.pass); })
      .def_prop_ro("stop_bands",
                   [](const design::SharpFilter& f) { return intervals(f.bands.stop); })
      .def_ro("ratio", &design::SharpFilter::ratio,
              "The upper edge of a gap between bands over its lower edge.")
      .def_ro("ripple", &design::SharpFilter::ripple);
  nb::class_<design::RisingHighPass>(m, "RisingHighPass", "A chain that rises from 0 to 1.")
      .def_ro("chain", &design::RisingHighPass::chain)
      .def_ro("from_sigma", &design::RisingHighPass::from, "The sigma of the gain .1.")
      .def_ro("to_sigma", &design::RisingHighPass::to, "The sigma of the gain .9.")
      .def_prop_ro("ratio", &design::RisingHighPass::ratio);

  m.def("sharp_high_pass", &design::sharp_high_pass, nb::arg("tau"), nb::arg("steps") = 5,
        nb::arg("ripple") = 0.02, others_run,
        "The sharpest high-pass that so many steps allow, with its cutoff at tau; some 50 ms.");
  m.def("sharp_low_pass", &design::sharp_low_pass, nb::arg("tau"), nb::arg("ripple") = 0.02,
        others_run, "The sharpest low-pass of five steps, with its cutoff at tau; some 400 ms.");
  m.def(
      "sharp_band_pass",
      [](double lower, double upper, int steps, double ripple) {
        return design::sharp_band_pass({lower, upper}, steps, ripple);
      },
      nb::arg("lower"), nb::arg("upper"), nb::arg("steps") = 5, nb::arg("ripple") = 0.02,
      others_run, "The sharpest band-pass between two cutoffs; some 500 ms.");
  m.def("rising_high_pass", &design::monotone_high_pass, nb::arg("tau"), nb::arg("steps") = 5,
        nb::arg("seed") = 1, others_run,
        "The sharpest rising high-pass with the gain 1/2 at tau; some 600 ms.");
  m.def(
      "polar_express",
      [](double lo, int steps, double cushion, double safety, const std::string& degree) {
        return design::polar_express(lo, steps, {degree_of(degree), cushion, safety});
      },
      nb::arg("lo"), nb::arg("steps"), nb::arg("cushion") = 0.0, nb::arg("safety") = 1.0,
      nb::arg("degree") = "quintic", others_run,
      "Polar Express: each step is the minimax polynomial where the steps before take [lo, 1].");
  m.def(
      "cans",
      [](double delta, int steps, const std::string& degree) {
        return design::cans(delta, steps, degree_of(degree)).chain;
      },
      nb::arg("delta"), nb::arg("steps"), nb::arg("degree") = "quintic", others_run,
      "CANS: the widest [from, 1] is taken into [1 - delta, 1 + delta].");
}

}  // namespace pion::python
