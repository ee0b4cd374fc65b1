// SPDX-License-Identifier: Apache-2.0
// expected-error: pion/engine/openmp.hpp needs OpenMP
#include <pion/engine/openmp.hpp>
