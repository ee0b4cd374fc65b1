// SPDX-License-Identifier: Apache-2.0
#pragma once

// libgomp keeps its threads between two parallel regions. The child of a fork() has none of these
// threads, but its first region waits for them, for ever. So the threads end before a fork, and the
// next region starts new ones, in the parent and in the child. LLVM's libomp needs no such help.
// (pion::compiled's files of one instruction set may do nothing when a program is loaded.)
#if defined(_OPENMP) && !defined(PION_KERNELS_OF) && __GNUC__ >= 9 && !defined(__clang__) && \
    (defined(__unix__) || defined(__APPLE__))
#include <omp.h>
#include <pthread.h>

namespace pion::detail {

/// Says whether fork() ends the threads that OpenMP keeps for its caller. The handler is set when a
/// program or a shared library is loaded, because the regions of a user's own code and of Eigen's
/// products leave such threads too.
inline const bool threads_end_before_fork =
    pthread_atfork([] { omp_pause_resource_all(omp_pause_soft); }, nullptr, nullptr) == 0;

}  // namespace pion::detail
#endif
