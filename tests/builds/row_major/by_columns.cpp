// SPDX-License-Identifier: Apache-2.0
// A file of the same program that leaves Eigen's default order as it is.
#include "mean.hpp"

static_assert(!Eigen::MatrixXd::IsRowMajor, "the macro is in effect here too");

double mean_is_off_by_columns() { return mean_is_off(); }
