// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/distributed/mpi.hpp>

/// What this rank has sent since the last reset, counted where the calls enter MPI.
struct Sent {
  double bytes = 0.0;  ///< To other ranks, as often as one needs them.
  int messages = 0;    ///< Calls of MPI that move data, where there is another rank.
};
Sent& sent();
