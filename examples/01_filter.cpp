// SPDX-License-Identifier: Apache-2.0
// What three filters leave of one matrix: two strong directions above a floor of noise.
#include <cstdio>

#include <pion/pion.hpp>

int main() {
  std::srand(7);
  const Eigen::VectorXf u = Eigen::VectorXf::Random(64), v = Eigen::VectorXf::Random(96);
  const Eigen::VectorXf p = Eigen::VectorXf::Random(64), q = Eigen::VectorXf::Random(96);
  const Eigen::MatrixXf x =
      u * v.transpose() + 0.8F * p * q.transpose() + 0.05F * Eigen::MatrixXf::Random(64, 96);

  const auto show = [](const char* name, const Eigen::MatrixXf& m) {
    const pion::Spectrum s = pion::spectrum(m);
    std::printf("%-12s effective rank %4.1f   sigma 1, 2, 3, 64: %.3f %.3f %.3f %.3f\n", name,
                s.effective_rank(), s.values()(0), s.values()(1), s.values()(2), s.values()(63));
  };
  show("input", x / x.norm());
  show("Muon", pion::apply({pion::chains::muon()}, x));
  show("Pion kp=2", pion::apply({pion::chains::high_pass(2)}, x));
  show("top 2 by SVD", pion::polar_factor(x, pion::Leading{2}));
}
