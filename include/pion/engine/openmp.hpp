// SPDX-License-Identifier: Apache-2.0
#pragma once

#if !defined(_OPENMP)
#error "pion/engine/openmp.hpp needs OpenMP: link pion::openmp or compile with -fopenmp"
#endif

#include <omp.h>

#include <pion/detail/fork.hpp>
#include <pion/engine/compiled.hpp>
#include <pion/engine/eigen.hpp>
#include <pion/engine/host.hpp>
#include <pion/engine/tall_skinny.hpp>

namespace pion::engine {
inline namespace PION_SETTINGS {

/// The Eigen engine with its tiles shared among OpenMP's threads.
///
/// A type of its own, so that code compiled with and without -fopenmp never shares a symbol. It
/// uses omp_get_max_threads() threads, and one where the caller is inside a parallel region
/// already. Results are bitwise those of engine::eigen, whatever the number of threads.
///
/// The child of a fork() may use the engine too, also where the parent has used threads before
/// (detail/fork.hpp). Children that share the cores, such as the workers of a data loader, had
/// better call omp_set_num_threads(1) each. A fork() inside a parallel region stays undefined.
struct openmp {
  template <class T>
  using Kernels = HostKernels<openmp, T>;
  template <class T>
  using TallSkinnyKernels = TallSkinnyKernels<openmp, T>;
  using Serial = eigen;  ///< The engine for work inside one of this engine's tasks.
#if defined(PION_COMPILED)
  using Core = compiled_openmp;
#endif

  static int workers() { return omp_in_parallel() != 0 ? 1 : omp_get_max_threads(); }

  /// Tasks must not throw: an exception cannot leave a parallel region.
  template <class Task>
  static void for_each(int workers, Index count, const Task& task) {
    if (workers == 1 || count <= 1) {
      for (Index i = 0; i < count; ++i) task(i, 0);
      return;
    }
#pragma omp parallel for num_threads(workers) schedule(dynamic, 1)
    for (Index i = 0; i < count; ++i) task(i, omp_get_thread_num());
  }
};

}  // namespace PION_SETTINGS
}  // namespace pion::engine
