// SPDX-License-Identifier: Apache-2.0
#pragma once

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#include <nccl.h>

namespace nccl_double {

/// What this rank has sent since the last reset.
struct Sent {
  double bytes = 0.0;  ///< To other ranks.
  int messages = 0;    ///< Groups.
};
Sent& sent();

}  // namespace nccl_double
