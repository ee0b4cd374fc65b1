// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

namespace pion::python {

void bind_routing(nanobind::module_& m);

}  // namespace pion::python
