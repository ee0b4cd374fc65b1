// SPDX-License-Identifier: Apache-2.0
// expected-error: the output must be of float, double, Eigen::half or Eigen::bfloat16
#include <pion/pion.hpp>

void f(const Eigen::MatrixXf& x, Eigen::MatrixXi& y) { pion::apply({pion::chains::muon()}, x, y); }
