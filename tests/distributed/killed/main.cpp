// SPDX-License-Identifier: Apache-2.0
// Steps and saves until it is killed; with --check, loads what was saved, and fails unless it is
// the state after some step.
//   mpirun -np 3 killed PATH [--check]
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>

#include <pion/distributed/checkpoint.hpp>
#include <pion/distributed/mpi.hpp>
#include <pion/distributed/step.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/recipe/momentum.hpp>

namespace pd = pion::distributed;
namespace po = pion::optimizer;

namespace {

constexpr pion::Index rows = 200, cols = 300;
constexpr double beta = 0.875;

/// After k steps with gradients of ones the momentum is 1 + beta + ... + beta^(k - 1).
bool is_after_its_steps(const po::State<double>& state) {
  const double right = (1.0 - std::pow(beta, static_cast<double>(state.steps))) / (1.0 - beta);
  return (state.momentum.array() - right).abs().maxCoeff() <= 1e-12 * right;
}

int run(const std::string& path, bool check) {
  const pd::Mpi comm;
  const po::Recipe recipe{po::Identity{}, po::HeavyBall{beta, false}};
  const pd::Part part = pd::chunk(cols, comm.size(), comm.rank());
  Eigen::MatrixXd w = Eigen::MatrixXd::Zero(rows, part.size);
  const Eigen::MatrixXd gradient = Eigen::MatrixXd::Ones(rows, part.size);
  const auto whole = [&](auto& local) {
    return pd::sharded(local, pion::Axis::cols, cols, part.offset);
  };
  pd::ShardedStates<double> states;
  states["w"] = pd::initial_state(recipe, whole(w));
  po::State<double>& state = states["w"].state;
  if (check) {
    pd::load(comm, path, states);
    std::printf("step %d\n", static_cast<int>(state.steps));
    return state.steps > 0 && is_after_its_steps(state) ? 0 : 1;
  }
  po::StepWorkspace workspace;
  for (;;) {
    pd::step(comm, recipe, whole(w), whole(gradient), 0.1, state, workspace);
    pd::save(comm, path, states);
  }
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int status = 1;
  try {
    if (argc > 1) status = run(argv[1], argc > 2);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
  MPI_Finalize();
  return status;
}
