// SPDX-License-Identifier: Apache-2.0
// Filters of one matrix on many ranks, against gathering the matrix, filtering it and scattering
// it: what a rank sends, counted where it enters MPI, and how long a call takes, beside what the
// plan says. Run by mpirun; bench/slow_network runs it where the network is slow.
//
//     mpirun -np 4 bench_distributed [rows [cols [repetitions]]]
//
// The matrix is cut by columns into as many parts as there are ranks. Its singular values fall
// about like 1 / i. `words sent` are those of float32, of the rank with most; `of gather` is their
// part of what gathering and scattering sends, on average; `predicted` is the plan's time by what
// measure_network() has measured.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <pion/distributed.hpp>
#include <pion/distributed/mpi.hpp>
#include <pion/optimizer/presets/filtering.hpp>
#include <pion/optimizer/presets/within.hpp>

#include "../inputs.hpp"
#include "distributed/mpi/counted.hpp"

namespace {

namespace pd = pion::distributed;
using pion::Index;
using Matrix = bench::Matrix<float>;

/// What is measured with, on each rank alike.
class Bench {
 public:
  Bench(const pd::Mpi& comm, Index rows, Index cols, int repetitions)
      : comm_(comm),
        rows_(rows),
        cols_(cols),
        repetitions_(repetitions),
        network_(pd::measure_network(comm)),
        part_(pd::chunk(cols, comm.size(), comm.rank())),
        x_(bench::momentum<float>(rows, cols).middleCols(part_.offset, part_.size)),
        y_(rows, part_.size) {
    const double all = static_cast<double>(rows) * static_cast<double>(cols), p = comm.size();
    gathered_ = 2.0 * all * (p - 1.0) / (p * p);
    if (comm.rank() != 0) return;
    std::printf("%td x %td float32 on %d ranks; %.1f us, %.3g GB/s, %.3g multiply-adds/s\n", rows,
                cols, comm.size(), 1e6 * network_.latency, 1e-9 * network_.bytes_per_second,
                network_.multiply_adds_per_second);
    std::printf("%-44s %11s %9s %9s %9s %11s %11s\n", "", "words sent", "planned", "of gather",
                "messages", "ms", "predicted");
  }

  /// Prints a row: the call once to warm up, then as often as asked.
  template <class Call>
  void row(const std::string& name, const pd::Plan* plan, const Call& call) const {
    call();
    std::vector<double> times;
    double words = 0.0;
    int messages = 0;
    for (int i = 0; i < repetitions_; ++i) {
      MPI_Barrier(MPI_COMM_WORLD);
      sent() = {};
      const double start = MPI_Wtime();
      call();
      const double mine[] = {MPI_Wtime() - start, sent().bytes / sizeof(float)};
      messages = sent().messages;
      double most[2];
      MPI_Allreduce(mine, most, 2, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
      times.push_back(most[0]);
      words = most[1];
    }
    std::nth_element(times.begin(), times.begin() + repetitions_ / 2, times.end());
    const double middle = times[static_cast<std::size_t>(repetitions_ / 2)];
    if (comm_.rank() != 0) return;
    std::printf("%-44s %11.0f", name.c_str(), words);
    if (plan != nullptr) {
      std::printf(" %9.3f", words / (plan->bytes_sent / sizeof(float)));
    } else {
      std::printf(" %9s", "");
    }
    std::printf(" %9.4f %9d %11.2f", words / gathered_, messages, 1e3 * middle);
    if (plan != nullptr) std::printf(" %11.2f", 1e3 * plan->seconds);
    std::printf("\n");
    std::fflush(stdout);
  }

  void gather_filter_scatter(const std::string& name, const pion::Filter& f) {
    pd::BatchWorkspace workspace;
    const std::vector<decltype(in())> xs = {in()};
    const std::vector<decltype(out())> ys = {out()};
    row("gather, " + name + ", scatter", nullptr,
        [&] { pd::apply_batch(comm_, f, xs, ys, workspace); });
  }

  void exact(const std::string& name, const pion::Filter& f) {
    const auto plan = pd::plan<float>(f, rows_, cols_, pion::Axis::cols, comm_.size(),
                                      pion::Method::automatic, network_);
    pion::Workspace workspace;
    row(name + ", sharded Gram", &plan, [&] { pd::apply(comm_, plan, in(), out(), workspace); });
  }

  void within(const std::string& name, const pion::Filter& f, double error) {
    pion::Tolerance tolerance;
    tolerance.error = error;
    tolerance.method = pion::Method::low_rank;
    const auto plan =
        pd::plan<float>(f, rows_, cols_, pion::Axis::cols, comm_.size(), tolerance, network_);
    pion::Workspace workspace;
    pion::ApplyInfo info;
    row(name + ", low rank, cold", &plan,
        [&] { info = pd::apply(comm_, plan, in(), out(), workspace); });
    tell(info);
    pion::WarmStart<float> start;
    row(name + ", low rank, warm", nullptr,
        [&] { info = pd::apply(comm_, plan, in(), out(), workspace, &start); });
    tell(info);
  }

  template <class R>
  void step(const std::string& name, const R& recipe) {
    Matrix parameter = Matrix::Zero(rows_, part_.size);
    auto state = pion::optimizer::initial_state(recipe, parameter);
    pion::optimizer::StepWorkspace workspace;
    row("a step of " + name, nullptr, [&] {
      pd::step(comm_, recipe, pd::sharded(parameter, pion::Axis::cols, cols_, part_.offset), in(),
               1e-3, state, workspace);
    });
  }

 private:
  pd::Sharded<const Matrix&> in() const {
    return pd::sharded(x_, pion::Axis::cols, cols_, part_.offset);
  }
  pd::Sharded<Matrix&> out() { return pd::sharded(y_, pion::Axis::cols, cols_, part_.offset); }

  void tell(const pion::ApplyInfo& info) const {
    if (comm_.rank() != 0) return;
    std::printf("    by %s, %td directions, bound %.2g\n",
                std::string(pion::name(info.method)).c_str(), info.rank,
                info.bound ? *info.bound : 0.0);
  }

  const pd::Mpi& comm_;
  Index rows_, cols_;
  int repetitions_;
  pd::Network network_;
  pd::Part part_;
  Matrix x_, y_;
  double gathered_ = 0.0;
};

/// What the plans say of many ranks that a network of 100 Gbit/s joins; nothing is measured.
void extrapolate(Index rows, Index cols) {
  std::printf("computed for 100 Gbit/s, ms:%17s %12s %12s\n", "Muon", "kp=2 1e-4", "gather, send");
  const pd::Network network;
  for (const int ranks : {8, 64, 1024}) {
    pion::Tolerance tolerance;
    tolerance.error = 1e-4;
    tolerance.method = pion::Method::low_rank;
    const pion::Filter muon{pion::chains::muon()}, pion{pion::chains::high_pass(2)};
    const auto exact = pd::plan<float>(muon, rows, cols, pion::Axis::cols, ranks);
    const auto low = pd::plan<float>(pion, rows, cols, pion::Axis::cols, ranks, tolerance);
    const double bytes = 2.0 * sizeof(float) * static_cast<double>(rows * cols);
    std::printf("%5d ranks %34.2f %12.2f %12.2f\n", ranks, 1e3 * exact.seconds, 1e3 * low.seconds,
                1e3 * (bytes / network.bytes_per_second + 2 * (ranks - 1) * network.latency));
  }
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  {
    const pd::Mpi comm;
    const auto argument = [&](int i, long otherwise) {
      return argc > i ? std::strtol(argv[i], nullptr, 10) : otherwise;
    };
    const long rows = argument(1, 4096);
    Bench b(comm, rows, argument(2, rows), static_cast<int>(argument(3, 3)));
    const pion::Filter muon{pion::chains::muon()};
    b.gather_filter_scatter("Muon", muon);
    b.exact("Muon", muon);
    b.exact("Pion kp=2", pion::Filter{pion::chains::high_pass(2)});
    b.within("Pion kp=2 to 1e-4", pion::Filter{pion::chains::high_pass(2)}, 1e-4);
    b.within("Pion kp=1 to 1e-4", pion::Filter{pion::chains::high_pass(1)}, 1e-4);
    b.within("Pion kp=0 to 1e-4", pion::Filter{pion::chains::high_pass(0)}, 1e-4);
    pion::Tolerance tolerance;
    tolerance.error = 1e-4;
    tolerance.method = pion::Method::low_rank;
    b.step("Muon", pion::optimizer::presets::muon());
    b.step("Pion kp=2 to 1e-4", pion::optimizer::presets::pion_within(tolerance));
    if (comm.rank() == 0) extrapolate(rows, argument(2, rows));
  }
  MPI_Finalize();
}
