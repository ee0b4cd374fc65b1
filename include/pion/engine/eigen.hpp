// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/engine/compiled.hpp>
#include <pion/engine/host.hpp>
#include <pion/engine/tall_skinny.hpp>

namespace pion::engine {
inline namespace PION_SETTINGS {

/// The default engine: Eigen's kernels on the calling thread.
struct eigen {
  template <class T>
  using Kernels = HostKernels<eigen, T>;
  template <class T>
  using TallSkinnyKernels = TallSkinnyKernels<eigen, T>;
  using Serial = eigen;  ///< The engine for work inside one of this engine's tasks.
#if defined(PION_COMPILED)
  using Core = compiled_eigen;
#endif

  static constexpr int workers() { return 1; }

  template <class Task>
  static void for_each(int /*workers*/, Index count, const Task& task) {
    for (Index i = 0; i < count; ++i) task(i, 0);
  }
};

}  // namespace PION_SETTINGS
}  // namespace pion::engine
