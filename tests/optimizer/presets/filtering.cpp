// SPDX-License-Identifier: Apache-2.0
// A hundred steps of each preset are those of PyTorch's own AdamW, SGD and Muon, of optax's and
// Keras' Muon, and of plain float64 transcriptions of the other published algorithms
// (data/make_trajectories.py).

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <pion/optimizer.hpp>
#include <pion/optimizer/presets/low_rank.hpp>
#include <pion/optimizer/presets/norms.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"
#include "support/trajectories.hpp"

using namespace pion;
using namespace pion::optimizer;
using Eigen::MatrixXd;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();
using trajectories::apart;
using trajectories::last_step;
using trajectories::problem;
using trajectories::rate;
using trajectories::Trajectory;

// How far two right computations of one direction may be apart (Frobenius norm) when their inputs
// differ by `input` in relative size.

double apart(const Filtered& rule, const MatrixXd& x, double input) {
  return apart(rule.filter, x, input);
}
double apart(const FilteredPerHead<>& rule, const MatrixXd& x, double input) {
  double sum = 0.0;
  for (Index i = 0; i < rule.heads.count; ++i) {
    const MatrixXd head = head_block(x, rule.heads, i);
    sum += apart(rule.filter, head, input * x.norm() / head.norm());
  }
  return sum;
}
double apart(const Identity&, const MatrixXd& x, double input) { return input * x.norm(); }
double apart(const PolarFactor<Leading>& rule, const MatrixXd& x, double input) {
  // Wedin: singular subspaces turn by the perturbation over the gap.
  const auto sigma = reference::svd(x.cast<reference::Real>()).sigma;
  const auto gap = static_cast<double>(sigma(rule.selection.rank - 1) - sigma(rule.selection.rank));
  const double backward = 8.0 * eps * static_cast<double>(x.rows() + x.cols());
  return 4.0 * (2.0 * backward + input) * x.norm() / gap;
}
double apart(const SpectralPower& rule, const MatrixXd& x, double input) {
  // The ridge keeps condition numbers below 1e4 m; the powers below 1 magnify by no more.
  const auto m = static_cast<double>(std::min(x.rows(), x.cols()));
  const double products = 3.0 * rule.iterations * m * eps;
  return 1e4 * m * (4.0 * products + input) * x.norm();
}

template <class R, class M, class S, class D>
void check(const char* name, const Recipe<R, M, S, D>& recipe, double norm_epsilon = 0.0) {
  static const auto all = trajectories::read(PION_TEST_DATA "/trajectories.txt");
  const auto [begin, end] = all.equal_range(name);
  REQUIRE(begin != end);
  for (auto it = begin; it != end; ++it) {
    const Trajectory& expected = it->second;
    const auto p = problem(expected.rows, expected.cols);
    MatrixXd w = p.first;
    auto state = initial_state(recipe, w);
    StepWorkspace workspace;
    double tolerance = 0.0;
    for (int t = 1; t <= last_step; ++t) {
      const MatrixXd& g = p.gradients[static_cast<std::size_t>(t - 1)];
      // The parts see the matrix as (out, in).
      const bool turned = recipe.orientation == Orientation::in_out;
      MatrixXd input = turned ? MatrixXd(g.transpose()) : g;
      MatrixXd first = state.momentum, second = state.second_moment;
      recipe.momentum.advance(t, input, first, second);
      const StepInfo info = step(recipe, w, g, rate, state, workspace);
      const double factor = pion::detail::common_factor(recipe.rule, recipe.scale, input.rows(),
                                                        input.cols(), info.direction)
                                .value();
      const double differs = 8.0 * (10.0 + t) * eps + norm_epsilon / input.norm();
      // Moments are sums of up to t terms; in the update and the parameter a few roundings more.
      tolerance += rate * factor * apart(recipe.rule, input, differs) +
                   8.0 * eps * (w.norm() + info.update_norm);
      const auto seen = expected.after.find(t);
      if (seen == expected.after.end()) continue;
      INFO(name << " step " << t << " tolerance " << tolerance);
      CHECK((w - seen->second).norm() <= tolerance);
      CHECK(tolerance < 1e-3 * (w - p.first).norm());  // it would see another algorithm
    }
  }
}

}  // namespace

TEST_CASE("a hundred steps are PyTorch's") {
  check("adamw", presets::adamw());
  check("sgd", presets::sgd());
  check("sgd_nesterov", presets::sgd(0.9, true));
  check("muon_torch", presets::muon_torch());
  check("muon_torch_rms", presets::muon_torch_rms());
}

TEST_CASE("a hundred steps are optax's and Keras'") {
  check("muon_optax", presets::muon_optax(), 1e-8);
  check("muon_keras", presets::muon_keras(), 1e-7);
}

TEST_CASE("a hundred steps are those of the published algorithms") {
  check("muon", presets::muon());
  check("muon_jordan", presets::muon_jordan());
  check("moonlight", presets::moonlight());
  check("pion", presets::pion());
  check("pion_released", presets::pion_released());
  check("pion_vla", presets::pion_vla(1));
  check("pion_per_head", presets::pion_per_head(Heads{2, Axis::rows}));
  check("pion_rlvr", presets::pion_rlvr(Heads{4, Axis::rows}));
  check("lr_muon", presets::lr_muon(2));
  check("m_sgd_half", presets::m_sgd_power(Power::half));
  check("m_sgd_quarter", presets::m_sgd_power(Power::quarter));
  check("m_sgd_z", presets::m_sgd_z());
  check("adam_half", presets::adam_power(Power::half));
  check("adam_quarter", presets::adam_power(Power::quarter));
  check("adam_z", presets::adam_z());
}

TEST_CASE("released Pion's presets have what its launchers pass, and the paper's their own names") {
  CHECK(signature(presets::pion_vla()) ==
        "Filtered{frobenius, 5 x (0, 2.5, -1.5)}, Ema{beta 0.95, nesterov 1}, SqrtMaxScale, "
        "DecoupledDecay");
  CHECK(presets::pion_vla().scale.multiple == 0.2);
  const auto rlvr = presets::pion_rlvr(Heads{32});
  CHECK(rlvr.rule.filter.chain == chains::high_pass(0));
  CHECK(!rlvr.momentum.nesterov);
  // One head of Qwen3-4B's queries is 128x2560; the whole matrix is 4096x2560.
  CHECK(pion::detail::common_factor(rlvr.rule, rlvr.scale, 4096, 2560, Direction()) ==
        5.0 * std::sqrt(2560.0));
  CHECK(signature(presets::pion_rlvr_whole()) ==
        "Filtered{frobenius, 5 x (0, 2.5, -1.5)}, Ema{beta 0.95, nesterov 0}, SqrtMaxScale, "
        "DecoupledDecay");
  CHECK(presets::pion_openpi().scale.multiple == 2.0);
  CHECK(!presets::pion_openpi().momentum.nesterov);
  const auto paper = presets::pion_vla_paper();
  CHECK(paper.rule.filter.chain == chains::high_pass(2));
  CHECK(paper.momentum.momentum == 0.95);
  CHECK(paper.decay.rate == 0.01);
}

TEST_CASE("the paper's Pion has a name that no using-directive makes ambiguous") {
  using namespace pion::optimizer::presets;
  const auto recipe = pion_paper(1);
  CHECK(recipe.rule.filter.chain == chains::high_pass(1));
  CHECK(presets::pion(1).rule.filter.chain == recipe.rule.filter.chain);
}
