// SPDX-License-Identifier: Apache-2.0
// A network of two layers, y = B tanh(A x), is trained on many ranks: each rank has a share of the
// samples, and of every weight and its optimiser's state (as FSDP and ZeRO cut them). Muon steps A,
// AdamW steps B. The losses are those of one rank:
//   mpirun -np 4 example_distributed
#include <cmath>
#include <cstdio>
#include <exception>
#include <utility>
#include <vector>

#include <pion/distributed.hpp>
#include <pion/distributed/mpi.hpp>
#include <pion/optimizer.hpp>

namespace pd = pion::distributed;
namespace po = pion::optimizer;
// Column-major, so that a stretch of columns is one piece of memory.
using Matrix = Eigen::MatrixXd;

/// A weight whose columns are dealt to the ranks.
template <class Recipe>
class Weight {
 public:
  Weight(const pd::Mpi& comm, const Recipe& recipe, const Matrix& start)
      : comm_(comm),
        recipe_(recipe),
        whole_(start),
        scratch_(pd::sum_scratch(start.size(), comm.size())) {
    for (int r = 0; r < comm.size(); ++r) {
      offsets_.push_back(pd::chunk(start.cols(), comm.size(), r).offset * start.rows());
    }
    offsets_.push_back(start.size());
    mine_ = pd::chunk(start.cols(), comm.size(), comm.rank());
    part_ = start.middleCols(mine_.offset, mine_.size);
    state_ = po::initial_state(recipe_, part_);
  }

  /// Brings the parts of all ranks together, as a forward pass needs them.
  const Matrix& gathered() {
    whole_.middleCols(mine_.offset, mine_.size) = part_;
    comm_.gather(whole_.data(), offsets_.data());
    return whole_;
  }

  /// Takes a step. On entry `gradient` is that of this rank's samples, on return that of all.
  void step(Matrix& gradient, double rate) {
    comm_.sum(gradient.data(), gradient.size(), scratch_.data());
    pd::step(comm_, recipe_, cut(part_), cut(gradient.middleCols(mine_.offset, mine_.size)), rate,
             state_, workspace_);
  }

 private:
  template <class X>
  auto cut(X&& local) const {
    return pd::sharded(std::forward<X>(local), pion::Axis::cols, whole_.cols(), mine_.offset);
  }

  const pd::Mpi& comm_;
  Recipe recipe_;
  Matrix whole_, part_;
  Eigen::VectorXd scratch_;
  std::vector<pion::Index> offsets_;
  pd::Part mine_;
  po::State<double> state_;
  po::StepWorkspace workspace_;
};

void train(const pd::Mpi& comm) {
  constexpr pion::Index inputs = 40, hidden = 64, outputs = 10, samples = 300;
  constexpr int steps = 100;
  std::srand(1);  // all ranks draw the same numbers
  const Matrix all = Matrix::Random(inputs, samples);
  const Matrix teacher = Matrix::Random(outputs, 4) * Matrix::Random(4, inputs);
  Weight a(comm, po::presets::muon(), Matrix::Random(hidden, inputs) / std::sqrt(inputs));
  Weight b(comm, po::presets::adamw(), Matrix::Random(outputs, hidden) / std::sqrt(hidden));

  const pd::Part mine = pd::chunk(samples, comm.size(), comm.rank());
  const Matrix x = all.middleCols(mine.offset, mine.size);
  const Matrix y = (teacher * x).array().tanh();
  Eigen::VectorXd scratch(pd::sum_scratch(1, comm.size()));
  for (int k = 0; k <= steps; ++k) {
    const Matrix& b_whole = b.gathered();
    const Matrix h = (a.gathered() * x).array().tanh();
    const Matrix error = (b_whole * h - y) / samples;
    Matrix b_gradient = error * h.transpose();
    Matrix a_gradient =
        ((b_whole.transpose() * error).array() * (1 - h.array().square())).matrix() * x.transpose();
    double loss = error.squaredNorm() * samples / 2;
    comm.sum(&loss, 1, scratch.data());
    if (comm.rank() == 0 && k % 20 == 0) std::printf("step %3d  loss %.6f\n", k, loss);
    const double rate = 1.0 - k / static_cast<double>(steps);
    a.step(a_gradient, 0.05 * rate);
    b.step(b_gradient, 0.02 * rate);
  }
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int status = 0;
  try {
    train(pd::Mpi());
  } catch (const std::exception& e) {  // a refusal is the same on every rank
    std::fprintf(stderr, "%s\n", e.what());
    status = 1;
  }
  MPI_Finalize();
  return status;
}
