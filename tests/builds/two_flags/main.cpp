// SPDX-License-Identifier: Apache-2.0
// One program of two files that are compiled with different vector instructions: each gives the
// right numbers, whichever of the two the linker meets first.
#include "calls.hpp"

#include <cmath>
#include <cstdio>

namespace {

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

}  // namespace

int main() {
  // Two directions that pass, u v^T with u and v of cosines and of sines.
  std::vector<double> x(rows * cols);
  for (int j = 0; j < cols; ++j) {
    for (int i = 0; i < rows; ++i) {
      x[std::size_t(i + j * rows)] = std::cos(0.1 * i) * std::cos(0.2 * j) +
                                     0.5 * std::sin(0.1 * i) * std::sin(0.2 * j) +
                                     1e-3 * std::cos(1.0 * i * j);
    }
  }
  const Results a = results_of_a(x), b = results_of_b(x);
  const double norm = std::sqrt(double(rows) * cols);
  std::printf("%g %g %g\n", norm, distance(a.svd, a.filtered), distance(a.svd, a.within));
  std::printf("%g %g %g\n", distance(a.filtered, b.filtered), distance(a.within, b.within), distance(a.svd, b.svd));
  return 0;
}
