// SPDX-License-Identifier: Apache-2.0
#include <pion/pion.hpp>

int main() {
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(6, 4);
  const pion::Filter filter{pion::chains::high_pass(2), pion::Normalizer::frobenius};
  const Eigen::MatrixXf y = pion::apply(filter, x);
  return y.rows() == 6 && y.cols() == 4 && y.allFinite() ? 0 : 1;
}
