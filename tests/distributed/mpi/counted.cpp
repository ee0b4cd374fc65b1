// SPDX-License-Identifier: Apache-2.0
// MPI's profiling interface: these stand before MPI's own functions, and call them.
#include "distributed/mpi/counted.hpp"

Sent& sent() {
  static Sent since_reset;
  return since_reset;
}

namespace {

int rank_of(MPI_Comm comm) {
  int rank = 0;
  PMPI_Comm_rank(comm, &rank);
  return rank;
}

int size_of(MPI_Comm comm) {
  int size = 1;
  PMPI_Comm_size(comm, &size);
  return size;
}

void count(MPI_Comm comm, double entries, MPI_Datatype type) {
  int width = 0;
  PMPI_Type_size(type, &width);
  sent().bytes += entries * width;
  if (size_of(comm) > 1) ++sent().messages;
}

}  // namespace

extern "C" {

int MPI_Allgatherv(const void* from, int n, MPI_Datatype from_type, void* to, const int counts[],
                   const int begins[], MPI_Datatype type, MPI_Comm comm) {
  count(comm, static_cast<double>(counts[rank_of(comm)]) * (size_of(comm) - 1), type);
  return PMPI_Allgatherv(from, n, from_type, to, counts, begins, type, comm);
}

int MPI_Alltoallv(const void* from, const int from_counts[], const int from_begins[],
                  MPI_Datatype from_type, void* to, const int counts[], const int begins[],
                  MPI_Datatype type, MPI_Comm comm) {
  double entries = 0.0;
  for (int r = 0; r < size_of(comm); ++r) entries += r == rank_of(comm) ? 0 : from_counts[r];
  count(comm, entries, from_type);
  return PMPI_Alltoallv(from, from_counts, from_begins, from_type, to, counts, begins, type, comm);
}

int MPI_Bcast(void* values, int n, MPI_Datatype type, int root, MPI_Comm comm) {
  count(comm, root == rank_of(comm) ? static_cast<double>(n) * (size_of(comm) - 1) : 0.0, type);
  return PMPI_Bcast(values, n, type, root, comm);
}
}
