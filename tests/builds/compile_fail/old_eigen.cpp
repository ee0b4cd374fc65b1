// SPDX-License-Identifier: Apache-2.0
// expected-error: pion needs Eigen 3.4 or later
#include <Eigen/Core>
#undef EIGEN_MAJOR_VERSION
#define EIGEN_MAJOR_VERSION 3  // the 3 of 3.3.9
#include <pion/pion.hpp>
