// SPDX-License-Identifier: Apache-2.0
// Runs the tests on every rank of mpirun. Each rank makes the same calls and checks its own part;
// what fails on one fails all.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include "distributed/mpi/counted.hpp"

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int failed = 0;
  {
    Catch::Session session;
    failed = session.applyCommandLine(argc, argv);
    // A test that throws on one rank alone leaves the others waiting: the first failure ends it.
    session.configData().abortAfter = 1;
    if (failed == 0) failed = session.run();
  }
  if (failed != 0) MPI_Abort(MPI_COMM_WORLD, 1);
  MPI_Finalize();
}
