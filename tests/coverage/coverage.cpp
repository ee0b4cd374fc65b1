// SPDX-License-Identifier: Apache-2.0
// How often a sketched interval has the exact value in it: `pion_coverage [MATRICES [SIDE [FILE]]]`
// sketches matrices with spectra made from a seed, or read from a file of MATRICES times SIDE
// numbers, and prints how often each measure held. The exit status is 1 where the intervals hold
// less often than the probability that they state, beyond what chance explains. The exact values
// are known: the matrices are made of them.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <vector>

#include <Eigen/Core>
#include <pion/diagnostics/sketch.hpp>

using namespace pion;

namespace {

/// Random spectra of every kind that is met: descending, the largest 1.
Eigen::VectorXd made_values(Index size, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  const double steepness = uniform(random), share = uniform(random);
  const auto kind = std::uniform_int_distribution<int>(0, 6)(random);
  return Eigen::VectorXd::NullaryExpr(size, [&, kind](Index i) {
    const double at = static_cast<double>(i + 1), part = at / static_cast<double>(size);
    switch (kind) {
      case 0: return std::pow(at, -1.5 * steepness);         // a power
      case 1: return std::exp(-8.0 * steepness * part);      // graded
      case 2: return part < share ? 1.0 : 1e-3 * steepness;  // equal values, two levels
      case 3: return at < 1.0 + 40.0 * share ? 1.0 : 0.3 * steepness * (1.0 - 0.9 * part);  // floor
      case 4: return i == 0 ? 1.0 : 1e-18;                        // one alone
      case 5: return std::pow(10.0, -at * (0.05 + 0.5 * share));  // Hilbert's
      default: return 1.0 - (1.0 - 0.2 * steepness) * part;       // noise
    }
  });
}

/// Reflections in random vectors: Q diag(values) P^T with Q and P orthogonal, dense.
Eigen::MatrixXd made_matrix(const Eigen::VectorXd& values, Index cols, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(values.size(), cols);
  x.diagonal() = values;
  for (int i = 0; i < 4; ++i) {
    const Eigen::VectorXd u =
        Eigen::VectorXd::NullaryExpr(x.rows(), [&] { return normal(random); });
    const Eigen::VectorXd v = Eigen::VectorXd::NullaryExpr(cols, [&] { return normal(random); });
    x -= (2.0 / u.squaredNorm()) * u * (u.transpose() * x).eval();
    x -= (2.0 / v.squaredNorm()) * (x * v).eval() * v.transpose();
  }
  return x;
}

struct Count {
  int sketched = 0, held = 0;
  double width = 0.0;
  void add(const Estimate& e, double exact, double slack) {
    ++sketched;
    width += e.width();
    held += e.low <= exact * (1.0 + slack) && exact * (1.0 - slack) <= e.high ? 1 : 0;
  }
};

}  // namespace

int main(int argc, char** argv) {
  const int matrices = argc > 1 ? std::atoi(argv[1]) : 40;
  const Index side = argc > 2 ? std::atoi(argv[2]) : 256;
  const double probability = 0.9;  // so that misses are seen
  std::ifstream file(argc > 3 ? argv[3] : "");
  std::mt19937_64 random(7);
  Count ranks, stable, nuclear, counts;
  for (int i = 0; i < matrices; ++i) {
    Eigen::VectorXd values = made_values(side, random);
    if (argc > 3) {
      for (double& value : values) file >> value;
      if (!file) return std::fputs("pion_coverage: the file has too few numbers\n", stderr), 2;
    }
    const Eigen::MatrixXf x = made_matrix(values, side + side / 4, random).cast<float>();
    const Spectrum exact(values, x.rows(), x.cols());
    detail::SketchPlan plan(4 * side, 4 * side);  // so that a small matrix is sketched
    plan.most = side / 2;
    plan.width = 16;
    plan.search = 48;
    const double widths[] = {0.03, 0.1, 0.3};
    const Within how{widths[i % 3], probability, static_cast<std::uint64_t>(i)};
    const auto found = detail::grow_sketch<DefaultEngine>(
        x, how, plan, [](const SketchedSpectrum& s) { return s.effective_rank(); });
    if (!found) continue;  // a caller would take the exact values
    // Rounding the matrix to float adds noise of 2^-25 of it or so. That moves values that are 0 by
    // twice its norm over the root of the size, and the sum of the others hardly.
    const double noise = 0x1p-25 * values.norm() * 2.0 * std::sqrt(static_cast<double>(side));
    const double slack = 20.0 * noise / values.sum();
    ranks.add(found->effective_rank(), exact.effective_rank(), slack);
    stable.add(found->stable_rank(), exact.stable_rank(), 1e-6);
    nuclear.add(found->nuclear_rank(), exact.nuclear_rank(), slack);
    const Index above = side / 16 + 1;
    if (values(above - 1) > 1.001 * values(above) && values(above) > 1e-5) {
      const double sigma = 0.5 * (values(above - 1) + values(above));
      counts.add(found->count_above(sigma), static_cast<double>(above), 0.0);
    }
  }
  int bad = 0;
  const auto print = [&](const char* name, const Count& c) {
    const double share = c.sketched > 0 ? static_cast<double>(c.held) / c.sketched : 1.0;
    std::printf("%-15s %5d sketched, %5d held (%.2f %%), mean half width %.2f %%\n", name,
                c.sketched, c.held, 100.0 * share,
                c.sketched > 0 ? 100.0 * c.width / c.sketched : 0.0);
    const double chance = 3.0 * std::sqrt(probability * (1.0 - probability) / (c.sketched + 1));
    if (share < probability - chance) bad = 1;
  };
  std::printf("%d spectra of %td x %td, probability %.2f\n", matrices, side, side + side / 4,
              probability);
  print("effective rank", ranks);
  print("stable rank", stable);
  print("nuclear rank", nuclear);
  print("count above", counts);
  return ranks.sketched == 0 ? 1 : bad;
}
