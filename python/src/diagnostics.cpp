// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <pion/diagnostics/sketch.hpp>
#include <pion/diagnostics/snr.hpp>
#include <pion/diagnostics/spectrum.hpp>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "parts.hpp"

namespace pion::python {
namespace {

Spectrum spectrum_of(const Input& x) {
  const nb::gil_scoped_release others_run;
  return with_scalar(x, [&](auto scalar) { return spectrum(map_of<const decltype(scalar)>(x)); });
}

std::pair<double, double> effective_rank_within(const Input& x, const Within& how) {
  const nb::gil_scoped_release others_run;
  const Estimate found = with_scalar(
      x, [&](auto scalar) { return effective_rank(map_of<const decltype(scalar)>(x), how); });
  return {found.low, found.high};
}

Snr snr_of(const std::vector<Input>& samples) {
  const nb::gil_scoped_release others_run;
  SnrSamples all;
  for (const Input& g : samples) {
    with_scalar(g, [&](auto scalar) { all.add(map_of<const decltype(scalar)>(g)); });
  }
  return all.estimate();
}

/// The values as an array that keeps the spectrum alive.
auto values(nb::handle self) {
  const auto& all = nb::cast<const Spectrum&>(self).values();
  return nb::ndarray<nb::numpy, const double, nb::ndim<1>>(
      all.data(), {static_cast<std::size_t>(all.size())}, self);
}

}  // namespace

void bind_diagnostics(nb::module_& m) {
  nb::class_<Spectrum>(m, "Spectrum", "The singular values of a matrix, and what is read off them.")
      .def_prop_ro("values", &values, "The singular values, descending.")
      .def("rank", &Spectrum::rank, "How many exceed max(m, n) eps sigma_1.")
      .def("effective_rank", &Spectrum::effective_rank, "exp of the entropy of sigma / sum(sigma).")
      .def("stable_rank", &Spectrum::stable_rank, "||X||_F^2 / sigma_1^2.")
      .def("nuclear_rank", &Spectrum::nuclear_rank, "||X||_*^2 / ||X||_F^2.")
      .def("participation_ratio", &Spectrum::participation_ratio, "||X||_F^4 / ||X X^T||_F^2.")
      .def("concentration", &Spectrum::concentration, "sigma_1 / ||X||_F.")
      .def("_survivors", &Spectrum::survivors, nb::arg("filter"), nb::arg("gain"));
  m.attr("survivor_gain") = survivor_gain;
  m.def("spectrum", &spectrum_of, nb::arg("x").noconvert());

  m.def(
      "effective_rank_within",
      [](const Input& x, double within, double probability, std::uint64_t seed) {
        return effective_rank_within(x, {within, probability, seed});
      },
      nb::arg("x").noconvert(), nb::arg("within"), nb::arg("probability"), nb::arg("seed"));

  nb::class_<Snr>(m, "Snr", "A signal-to-noise ratio estimated from samples.")
      .def_ro("signal", &Snr::signal, "||E G||_F^2; unbiased, so it can be negative.")
      .def_ro("noise", &Snr::noise, "E ||G - E G||_F^2.")
      .def_ro("count", &Snr::count, "How many samples there were.")
      .def_prop_ro("ratio", &Snr::ratio, "max(signal, 0) / noise.");
  m.def("snr", &snr_of, nb::arg("samples"));
}

}  // namespace pion::python
