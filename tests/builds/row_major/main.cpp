// SPDX-License-Identifier: Apache-2.0
// Built with EIGEN_DEFAULT_TO_ROW_MAJOR: what the library keeps in memory of its own has its order,
// whatever that of a caller's matrices.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>

#include <Eigen/Eigenvalues>

#include <pion/optimizer.hpp>
#include <pion/pion.hpp>

#include "mean.hpp"

static_assert(Eigen::MatrixXd::IsRowMajor, "the macro is not in effect");

namespace {

int failures = 0;

void check(const char* what, double error, double bound) {
  if (error <= bound) return;
  std::printf("%s: off by %g, allowed %g\n", what, error, bound);
  ++failures;
}

/// A matrix of full rank.
Eigen::MatrixXd sample(Eigen::Index rows, Eigen::Index cols) {
  Eigen::MatrixXd x(rows, cols);
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (Eigen::Index j = 0; j < cols; ++j)
      x(i, j) = std::cos(double(1 + i + 3 * j * j + 2 * i * j));
  }
  return x;
}

/// f(x) by the chain itself, on the caller's matrices.
Eigen::MatrixXd filtered(const pion::Chain& f, const Eigen::MatrixXd& x) {
  Eigen::MatrixXd y = x / x.norm();
  for (const pion::OddQuintic& p : f.steps()) {
    const Eigen::MatrixXd r = y * y.transpose();
    y = (p.a * y + p.b * (r * y) + p.c * (r * (r * y))).eval();
  }
  return y;
}

void run(Eigen::Index rows, Eigen::Index cols) {
  const Eigen::MatrixXd x = sample(rows, cols);
  const pion::Filter f{pion::chains::high_pass(2)};
  const Eigen::MatrixXd expected = filtered(f.chain, x);
  // Each product rounds a sum of at most rows + cols terms; later steps magnify it by their slope.
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  const double rounding =
      double(rows + cols) * f.chain.size() * epsilon * pion::SlopeBounds(f.chain).steepest();
  check("apply", (pion::apply(f, x) - expected).norm(), rounding);
  check("apply, Gram space", (pion::apply(f, x, pion::Method::gram) - expected).norm(), rounding);
  check("apply_svd", (pion::apply_svd(f, x) - expected).norm(), rounding);

  pion::Workspace workspace;
  Eigen::MatrixXd y(rows, cols);
  constexpr double tolerance = 1e-6;
  pion::apply(f, x, y, workspace, pion::Tolerance{tolerance, pion::Method::low_rank});
  check("apply with a tolerance", (y - expected).norm(), tolerance + rounding);
  pion::polar_factor(x, pion::Leading{2}, y, workspace,
                     pion::Tolerance{tolerance, pion::Method::low_rank});
  check("polar_factor", (y - pion::polar_factor(x, pion::Leading{2})).norm(), tolerance + rounding);

  const bool along_rows = rows == 5;
  const pion::Heads heads{5, along_rows ? pion::Axis::rows : pion::Axis::cols};
  y = pion::apply_per_head(f, x, heads);
  for (Eigen::Index i = 0; i < 5; ++i) {
    const auto head = [&](const Eigen::MatrixXd& m) -> Eigen::MatrixXd {
      return along_rows ? m.block(i, 0, 1, cols) : m.block(0, i, rows, 1);
    };
    check("apply_per_head", (head(y) - filtered(f.chain, head(x))).norm(), rounding);
  }

  // The singular values through the eigenvalues of the smaller Gram matrix.
  const Eigen::MatrixXd square =
      rows < cols ? Eigen::MatrixXd(x * x.transpose()) : Eigen::MatrixXd(x.transpose() * x);
  const Eigen::ArrayXd sigma =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(square).eigenvalues().array().sqrt();
  const Eigen::ArrayXd share = sigma / sigma.sum();
  // An eigenvalue is off by 8 n epsilon lambda_1, and its sigma by half of that over lambda_n.
  const double n = double(sigma.size()), condition = sigma.maxCoeff() / sigma.minCoeff();
  check("effective_rank",
        std::fabs(pion::effective_rank(x) - std::exp(-(share * share.log()).sum())),
        4.0 * n * n * epsilon * condition * condition);

  // A step, through a table of recipes too, and a checkpoint between two steps.
  namespace po = pion::optimizer;
  const auto recipe = po::presets::muon();
  po::States<double> states;
  states["w"] = po::initial_state<double>(recipe, rows, cols);
  po::StepWorkspace step_workspace;
  Eigen::MatrixXd w = Eigen::MatrixXd::Zero(rows, cols), v = w;
  po::step(recipe, w, x, 0.1, states["w"], step_workspace);
  const po::AnyRecipe<double> any = recipe;
  auto any_state = any.initial_state(rows, cols);
  any.step(po::row_major(v.data(), rows, cols),
           po::row_major(static_cast<const double*>(x.data()), rows, cols), 0.1, any_state,
           step_workspace);
  check("a step of a recipe without a type", (v - w).norm(), 0.0);
  const Eigen::MatrixXd direction = pion::apply(pion::Filter{pion::chains::muon()}, x);
  check("a step", (w / w.norm() + direction / direction.norm()).norm(), rounding);

  const auto path = std::filesystem::temp_directory_path() / "pion_row_major.ckpt";
  po::save(path.string(), states);
  po::States<double> restored;
  restored["w"] = po::initial_state<double>(recipe, rows, cols);
  po::load(path.string(), restored);
  std::filesystem::remove(path);
  check("a checkpoint", (restored["w"].momentum - states["w"].momentum).norm(), 0.0);
}

}  // namespace

int main() {
  run(3, 5);
  run(5, 3);
  check("the mean of samples", mean_is_off(), 0.0);
  check("the mean of samples, in the other file", mean_is_off_by_columns(), 0.0);
  return failures;
}
