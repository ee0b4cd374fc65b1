// SPDX-License-Identifier: Apache-2.0
// Two translation units whose default engines differ, in one program: each keeps its own.
#include <cstdio>

#include "defaults.hpp"

int main() {
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(300, 200);
  const Default a = default_of_a(x), b = default_of_b(x);
  std::printf("a: %s\nb: %s\n", a.engine.c_str(), b.engine.c_str());
  if (a.engine.find("eigen") == std::string::npos) return 1;
  if (b.engine.find("openmp") == std::string::npos) return 2;
  return a.filtered == b.filtered ? 0 : 3;
}
