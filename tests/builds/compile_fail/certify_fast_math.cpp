// SPDX-License-Identifier: Apache-2.0
// expected-error: pion/certify/interval.hpp proves bounds: it needs IEEE arithmetic
#define __FAST_MATH__ 1  // as -ffast-math does
#include <pion/certify.hpp>
