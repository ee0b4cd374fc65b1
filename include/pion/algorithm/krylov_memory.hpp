// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/algorithm/small_matrices.hpp>
#include <pion/detail/traits.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::detail {

/// What a KrylovSpace has in its workspace. (It is apart: in the caller's file the kernels' type
/// may not be known.)
template <class Engine, class T>
struct KrylovMemory {
  KrylovMemory(Arena& arena, Index m, Index n, Index most, Index width)
      : x(arena.take<T>(m * n), m, n),
        basis(arena.take<T>(m * most), m, most),
        block(arena.take<T>(m * width), m, width),
        other(arena.take<T>(m * width), m, width),
        probes(arena.take<T>(m * width), m, width),
        overlap(arena.take<T>(most * width), most, width),
        taken(arena.take<T>(m * most), m, most),
        image(arena.take<double>(n * most), n, most),
        product(arena.take<double>(m * most), m, most),
        rotated(arena.take<double>(m * most), m, most),
        buffers(arena, most, most, most),
        matrices(arena, width),
        kernels(arena, m, n, most) {}

  engine::View<T> x, basis, block, other, probes, overlap, taken;
  engine::View<double> image, product, rotated;
  engine::GemmBuffers<double> buffers;
  algorithm::SmallMatrices matrices;
  typename Engine::template TallSkinnyKernels<T> kernels;
};

}  // namespace pion::detail
