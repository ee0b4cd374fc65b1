// SPDX-License-Identifier: Apache-2.0
// expected-error: EIGEN_DEFAULT_DENSE_INDEX_TYPE is too small to count what memory can hold
#define EIGEN_DEFAULT_DENSE_INDEX_TYPE int
#include <pion/detail/traits.hpp>
