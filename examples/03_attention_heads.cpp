// SPDX-License-Identifier: Apache-2.0
// The per-head mode on a fused QKV projection with grouped-query attention: 8 query heads, 2 key
// and 2 value heads of 16 rows each, which one loud head would drown if they were filtered as one
// matrix.
#include <iostream>

#include <pion/pion.hpp>

int main() {
  std::srand(5);
  const pion::FusedHeads heads = pion::fused_qkv(8, 2, 16);
  Eigen::MatrixXf x = Eigen::MatrixXf::Random(12 * 16, 100);
  for (int h = 0; h < 12; ++h) {  // a direction of its own in every head
    x.middleRows(16 * h, 16) += 4 * Eigen::VectorXf::Random(16) * Eigen::RowVectorXf::Random(100);
  }
  x.topRows(16) *= 100;

  const pion::Filter f{pion::chains::high_pass(2)};
  const Eigen::MatrixXf whole = pion::apply(f, x);
  const Eigen::MatrixXf per_head = pion::apply_per_head(f, x, heads);
  std::cout.precision(2);
  std::cout << std::fixed << "norm of each head's update\n"
            << "as one matrix: " << pion::head_norms(whole, heads).transpose() << "\n"
            << "head by head:  " << pion::head_norms(per_head, heads).transpose() << "\n";
}
