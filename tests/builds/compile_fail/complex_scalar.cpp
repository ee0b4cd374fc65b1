// SPDX-License-Identifier: Apache-2.0
// expected-error: the scalar of a matrix is float, double, Eigen::half or Eigen::bfloat16
#include <pion/pion.hpp>

void f(const Eigen::MatrixXcd& x) { pion::apply({pion::chains::muon()}, x); }
