// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

/// The parts of the module pion._core, a file each.
namespace pion::python {

void bind_filters(nanobind::module_& m);
void bind_plan(nanobind::module_& m);
void bind_apply(nanobind::module_& m);
void bind_batch(nanobind::module_& m);
void bind_polar(nanobind::module_& m);
void bind_diagnostics(nanobind::module_& m);
void bind_design(nanobind::module_& m);
void bind_optimizer(nanobind::module_& m);

}  // namespace pion::python
