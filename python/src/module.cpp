// SPDX-License-Identifier: Apache-2.0
#include <nanobind/nanobind.h>

#include <pion/engine/instruction_set.hpp>
#include <pion/version.hpp>

#include "parts.hpp"
#include "pion_tool/io/error.hpp"

NB_MODULE(_core, m) {
  namespace nb = nanobind;
  m.doc() =
      "The functions of pion's C++ library. Use the package pion, which checks what it hands on.";
  // nanobind itself makes ValueError of std::invalid_argument and std::domain_error.
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const pion::io::Error& error) {
      PyErr_SetString(PyExc_ValueError, error.what());
    }
  });
  m.attr("__version__") = pion::version;
  m.def("instruction_set", &pion::instruction_set,
        "Names the instruction set that the kernels run on: avx512, avx2, neon or baseline.");
  pion::python::bind_filters(m);
  pion::python::bind_plan(m);
  pion::python::bind_apply(m);
  pion::python::bind_batch(m);
  pion::python::bind_polar(m);
  pion::python::bind_diagnostics(m);
  pion::python::bind_design(m);
  pion::python::bind_optimizer(m);
}
