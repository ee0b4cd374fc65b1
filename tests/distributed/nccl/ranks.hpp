// SPDX-License-Identifier: Apache-2.0
#pragma once

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <pion/distributed/nccl.hpp>

// The ranks of mpirun, joined by NCCL: one device each, or on the test double any number.
class Ranks {
 public:
  Ranks() {
    int rank = 0, size = 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    ncclUniqueId id = {};
    if (rank == 0) pion::distributed::detail::check(ncclGetUniqueId(&id), "ncclGetUniqueId");
    MPI_Bcast(&id, sizeof id, MPI_BYTE, 0, MPI_COMM_WORLD);
    pion::distributed::detail::check(ncclCommInitRank(&comm_, size, id, rank), "ncclCommInitRank");
  }
  ~Ranks() { ncclCommDestroy(comm_); }
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  ncclComm_t comm() const { return comm_; }

 private:
  ncclComm_t comm_ = nullptr;
};
