// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::size_t

#include <pion/apply/plan.hpp>
#include <pion/cuda/kernels.hpp>
#include <pion/cuda/matrix.hpp>

/// How a batch of a caller's matrices comes into the workspace and goes out of it: the device's
/// side of engine/load_store.hpp. Inside, matrices are column-major with their short side first.
namespace pion::cuda {

/// Takes memory for a batch. Columns begin at multiples of 64 bytes, which tensor cores and wide
/// loads need to be fast.
template <class T>
Batch<T> take_batch(detail::Arena& arena, Index rows, Index cols, Index count) {
  constexpr auto line = static_cast<Index>(detail::Arena::alignment / sizeof(T));
  const Index stride = (std::max)((rows + line - 1) / line * line, line);
  return {arena.take<T>(stride * cols * count), rows, cols, stride, count, stride * cols};
}

/// Lays out everything that filtering `count` matrices of m x n works on, m <= n.
template <class T>
struct Buffers {
  Buffers(detail::Arena& arena, Context& context, bool tf32, Method method, Index m, Index n,
          Index count)
      : info(arena.take<Info>(count)),
        x(take_batch<T>(arena, m, n, count)),
        y(take_batch<T>(arena, m, n, count)),
        r(take_batch<T>(arena, m, m, count)),
        h(take_batch<T>(arena, m, m, count)),
        t(take_batch<T>(arena, m, m, count)),
        kernels(arena, context, tf32, m, n, count) {
    if (method == Method::gram) q = take_batch<T>(arena, m, m, count);
  }

  Info* info;  ///< One for each matrix.
  /// The matrices, the results, and what algorithm/ works in; q in Gram space alone.
  Batch<T> x, y, r, h, t, q;
  Kernels<T> kernels;  ///< The engine.
};

/// Views up to PointerBatch::most matrices of one shape and layout with their short side first.
template <class S>
PointerBatch<S> short_side_first(const Matrix<S>* all, Index count) {
  PointerBatch<S> table;
  const bool tall = all[0].rows > all[0].cols;
  table.stride = all[0].stride;
  table.crossed = (all[0].order == Order::rows) != tall;
  for (Index b = 0; b < count; ++b) table.data[b] = all[b].data;
  return table;
}

/// Calls use(first, count) for each stretch of matrices that fits a PointerBatch.
template <class Use>
void by_table(Index count, const Use& use) {
  for (Index first = 0; first < count; first += PointerBatch<const float>::most) {
    use(first, (std::min)(PointerBatch<const float>::most, count - first));
  }
}

/// Returns `count` matrices of a batch, from `first` on.
template <class T>
Batch<T> from(const Batch<T>& all, Index first, Index count) {
  return {all.data + first * all.step, all.rows, all.cols, all.stride, count, all.step};
}

/// to <- the matrices of a table over their norms, rounded once, and `info` <- what their entries
/// say. `kernels` compute the moments.
template <class K, class T, class S>
void load(const K& kernels, const PointerBatch<const S>& table, Normalizer normalizer, Info* info,
          const Batch<T>& to) {
  // Read along what is adjacent.
  PointerBatch<const S> along = table;
  along.crossed = false;
  const Shape inside = to.shape();
  const Shape shape = table.crossed ? Shape{inside.cols, inside.rows, inside.count} : inside;
  const auto moments = kernels.moments(along, shape);
  const cudaStream_t stream = kernels.stream();
  check(once(stream, to.count, CheckInput{moments.device, normalizer != Normalizer::none, info}),
        "once");
  check(transfer(stream, inside, Load<S, T>{table, to, info}, table.crossed, false), "transfer");
}

/// b.x <- the matrices over their norms, as above.
template <class T, class S>
void load(const Matrix<const S>* x, Normalizer normalizer, const Buffers<T>& b) {
  by_table(b.x.count, [&](Index first, Index count) {
    load(b.kernels, short_side_first(x + first, count), normalizer, b.info + first,
         from(b.x, first, count));
  });
}

/// info <- what the moments of the results say, which are to be stored as S and have so many
/// singular values.
template <class S, class K, class X>
void classify(const K& kernels, const X& results, Normalizer normalizer, Index directions,
              Info* info) {
  const auto moments = kernels.moments(results);
  check(once(kernels.stream(), kernels.count(),
             ClassifyResult{moments.device, normalizer != Normalizer::none, K::epsilon,
                            Scalar<S>::highest, static_cast<double>(directions), info}),
        "once");
}

/// A table <- the matrices whose status allows it.
template <class T, class S>
void store(cudaStream_t stream, const Batch<T>& from, const Info* info,
           const PointerBatch<S>& table) {
  check(transfer(stream, from.shape(), Store<T, S>{from, table, info}, false, table.crossed),
        "transfer");
}

/// y <- b.x for each matrix whose status allows it, after the results were classified.
template <class T, class S>
void store(const Buffers<T>& b, Normalizer normalizer, const Matrix<S>* y) {
  classify<S>(b.kernels, b.x, normalizer, b.x.rows, b.info);
  by_table(b.x.count, [&](Index first, Index count) {
    store(b.kernels.stream(), from(b.x, first, count), b.info + first,
          short_side_first(y + first, count));
  });
}

}  // namespace pion::cuda
