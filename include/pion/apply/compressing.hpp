// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::sqrt
#include <cstddef>    // std::byte
#include <cstdint>    // std::uint64_t
#include <limits>
#include <new>  // placement new

#include <pion/algorithm/chain_criterion.hpp>
#include <pion/algorithm/subspace_iteration.hpp>
#include <pion/apply/info.hpp>
#include <pion/engine/compiled.hpp>
#include <pion/engine/in_place.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/filter/filter.hpp>

namespace pion::detail {

/// What the low-rank method works on: a copy of x, where it cannot be read in place, and its own.
template <class Engine, class T>
struct SubspaceBuffers {
  SubspaceBuffers(Arena& arena, Index m, Index n, bool copied)
      : x(copied ? arena.take<T>(m * n) : nullptr, m, n), compression(arena, m, n, max_rank) {}

  engine::View<T> x;
  algorithm::SubspaceIteration<typename Engine::template TallSkinnyKernels<T>, T> compression;
};

/// What is known of the result once the triplets are found.
template <class Kernels, class T, class Criterion>
ApplyInfo found_info(const algorithm::SubspaceIteration<Kernels, T>& found,
                     const Criterion& criterion) {
  ApplyInfo info;
  info.method = Method::low_rank;
  info.rank = found.rank();
  info.multiply_adds = found.multiply_adds();
  info.bound = found.error();
  const auto& sigma = found.sigma();
  info.survivors = criterion.survivors(sigma, info.rank, found.residuals(), survivor_gain);
  double squares = 0.0;
  for (Index i = 0; i < info.rank; ++i) {
    const double gain = criterion.gain(sigma(i));
    squares += gain * gain;
  }
  info.output_norm = std::sqrt(squares);
  const Index short_side = (std::min)(found.left().rows, found.right().rows);
  info.dead = info.output_norm <= static_cast<double>(std::numeric_limits<T>::epsilon()) *
                                      std::sqrt(static_cast<double>(short_side));
  return info;
}

/// What a search for singular triplets has found.
template <class T>
struct Compressed {
  bool in_range = true;        ///< If not, squares of x leave the scalar's range: x must be copied.
  bool done = false;           ///< Whether the error is proved to be within the tolerance.
  ApplyInfo info;              ///< Where it is done; so are the rest.
  engine::View<T> left;        ///< U g(S), m x rank, g the criterion's gain.
  engine::View<T> right;       ///< V, n x rank
  engine::View<T> scratch;     ///< m rows, for the caller.
  engine::View<T> next_start;  ///< SubspaceIteration::next_start()
};

/// What a call within a tolerance does between reading x and writing y: it knows bare memory alone,
/// and can be compiled apart from the caller (engine/compiled.hpp). An object lies at the front of
/// the call's memory.
template <class Engine, class T>
class Compressing {
 public:
  /// The bytes for m x n matrices, `copied` or read where they lie.
  static std::uint64_t workspace(Index m, Index n, bool copied);

  /// Lays itself out in `memory`, which has workspace() bytes.
  static Compressing& begin(std::byte* memory, Index m, Index n, bool copied);

  /// The place of the copy, m x n.
  const engine::View<T>& copy() const { return copy_; }

  /// Finds the triplets of x that the criterion wants (SubspaceIteration::find()). x is the copy,
  /// whose `largest` |entry| is given: it is scaled by a power of two. Or x lies elsewhere.
  template <class Criterion>
  Compressed<T> find(const engine::View<const T>& x, double largest, const Criterion& criterion,
                     const algorithm::SubspaceOptions<T>& search);

  /// to <- left right^T
  void expand(const engine::View<const T>& left, const engine::View<const T>& right,
              const engine::View<T>& to) const;

 private:
  explicit Compressing(const engine::View<T>& copy) : copy_(copy) {}

  using Buffers = SubspaceBuffers<Engine, T>;

  engine::View<T> copy_;
  void* buffers_ = nullptr;  // Buffers, whose size only who compiles the rest knows
};

template <class Engine, class T>
std::uint64_t Compressing<Engine, T>::workspace(Index m, Index n, bool copied) {
  Arena counting;
  counting.take<Compressing>(1);
  counting.take<Buffers>(1);
  Buffers(counting, m, n, copied);
  return counting.used();
}

template <class Engine, class T>
Compressing<Engine, T>& Compressing<Engine, T>::begin(std::byte* memory, Index m, Index n,
                                                      bool copied) {
  Arena arena(memory);
  auto* const place = arena.take<Compressing>(1);
  auto* const buffers = arena.take<Buffers>(1);
  new (buffers) Buffers(arena, m, n, copied);
  auto* const made = new (place) Compressing(buffers->x);
  made->buffers_ = buffers;
  return *made;
}

template <class Engine, class T>
template <class Criterion>
Compressed<T> Compressing<Engine, T>::find(const engine::View<const T>& x, double largest,
                                           const Criterion& criterion,
                                           const algorithm::SubspaceOptions<T>& search) {
  auto& found = static_cast<Buffers*>(buffers_)->compression;
  const bool copied = x.data == copy_.data;
  if (copied) scale_to_one(largest, copy_);
  Compressed<T> result;
  const bool warm = search.start.cols > 0;  // a warm search finds the norm on its way
  const double norm = warm ? 0.0 : found.kernels().frobenius_norm(x);
  result.in_range = copied || warm || well_scaled<T>(norm);
  if (!result.in_range) return result;
  result.done = found.find(x, norm, criterion, search);
  result.in_range = copied || well_scaled<T>(found.norm());
  if (!result.in_range || !result.done) return result;
  result.info = found_info(found, criterion);
  result.left = found.left();
  result.right = found.right();
  result.scratch = found.scratch();
  result.next_start = found.next_start();
  auto left = engine::as_eigen(result.left);
  for (Index i = 0; i < result.info.rank; ++i) {
    left.col(i) *= static_cast<T>(criterion.gain(found.sigma()(i)));
  }
  return result;
}

template <class Engine, class T>
void Compressing<Engine, T>::expand(const engine::View<const T>& left,
                                    const engine::View<const T>& right,
                                    const engine::View<T>& to) const {
  const auto& kernels = static_cast<const Buffers*>(buffers_)->compression.kernels();
  kernels.template multiply<engine::Op::plain, engine::Op::transposed>(left, right, to);
}

/// Declares that find() by a criterion is compiled apart, before the criterion's first use; the
/// library defines the same, with nothing in place of `extern`.
#define PION_COMPILED_FIND(keyword, Criterion, Engine, T)              \
  keyword template Compressed<T> Compressing<engine::Engine, T>::find( \
      const engine::View<const T>&, double, const Criterion&,          \
      const algorithm::SubspaceOptions<T>&);
#define PION_COMPILED_FIND_BY(Criterion)                        \
  PION_COMPILED_FIND(extern, Criterion, compiled_eigen, float)  \
  PION_COMPILED_FIND(extern, Criterion, compiled_eigen, double) \
  PION_COMPILED_FIND(extern, Criterion, compiled_openmp, float) \
  PION_COMPILED_FIND(extern, Criterion, compiled_openmp, double)

#if defined(PION_COMPILED)
extern template class Compressing<engine::compiled_eigen, float>;
extern template class Compressing<engine::compiled_eigen, double>;
extern template class Compressing<engine::compiled_openmp, float>;
extern template class Compressing<engine::compiled_openmp, double>;
PION_COMPILED_FIND_BY(algorithm::ChainCriterion)
#endif

}  // namespace pion::detail
