// SPDX-License-Identifier: Apache-2.0
// Pion's update (Fan et al. 2026, Alg. 2) on plain arrays: nothing is copied that need not be, and
// nothing is allocated after the first step.
#include <cstdio>
#include <vector>

#include <pion/pion.hpp>

int main() {
  using RowMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  constexpr int rows = 128, cols = 256;
  constexpr float rate = 0.05F, momentum = 0.95F;

  // A framework's tensors: row-major memory that pion does not own.
  std::vector<float> weight_memory(rows * cols, 0.0F), momentum_memory(rows * cols, 0.0F);
  Eigen::Map<RowMatrix> weight(weight_memory.data(), rows, cols);
  Eigen::Map<RowMatrix> buffer(momentum_memory.data(), rows, cols);

  // A target of rank one, seen through noise.
  std::srand(3);
  const RowMatrix target = Eigen::VectorXf::Random(rows) * Eigen::RowVectorXf::Random(cols) / 10;
  const pion::Filter filter{pion::chains::high_pass(2)};
  pion::Workspace workspace;
  RowMatrix update(rows, cols);
  for (int step = 0; step < 200; ++step) {
    const RowMatrix gradient = weight - target + RowMatrix::Random(rows, cols) / 20;
    buffer = momentum * buffer + gradient;
    const pion::ApplyInfo info = pion::apply(filter, buffer, update, workspace);
    weight -= rate * (1.0F - static_cast<float>(step) / 200) * update;
    if (step % 50 == 0) {
      std::printf("step %3d  error %.3f  update norm %.3f%s\n", step,
                  static_cast<double>((weight - target).norm() / target.norm()), info.output_norm,
                  info.dead ? "  (dead)" : "");
    }
  }
  const double error = static_cast<double>((weight - target).norm() / target.norm());
  std::printf("step 200  error %.3f\n", error);
  return error < 0.2 ? 0 : 1;
}
