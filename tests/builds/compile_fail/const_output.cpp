// SPDX-License-Identifier: Apache-2.0
// expected-error: the output must be a writable matrix, map or block
#include <pion/pion.hpp>

void f(const Eigen::MatrixXf& x, const Eigen::MatrixXf& y) {
  pion::apply({pion::chains::muon()}, x, y);
}
