// SPDX-License-Identifier: Apache-2.0
// Runs the tests on every rank of mpirun. Each rank makes the same calls and checks its own part;
// what fails on one fails all: a test that throws on one rank alone leaves the others waiting, so
// that --abort is given.
#include "distributed/mpi/counted.hpp"
#include "support/listener.hpp"

namespace {

struct OnEveryRank : Listener {
  using Listener::Listener;

  void testRunStarting(const Catch::TestRunInfo&) override { MPI_Init(nullptr, nullptr); }
  void testRunEnded(const Catch::TestRunStats& stats) override {
    if (!stats.totals.assertions.allOk()) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
  }
};

}  // namespace

CATCH_REGISTER_LISTENER(OnEveryRank)
