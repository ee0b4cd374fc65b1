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

/// b.x <- the matrices over their norms, rounded once, and b.info <- what their entries say.
template <class T, class S>
void load(const Matrix<const S>* x, Normalizer normalizer, const Buffers<T>& b) {
  by_table(b.x.count, [&](Index first, Index count) {
    const PointerBatch<const S> table = short_side_first(x + first, count);
    // Read along what is adjacent.
    PointerBatch<const S> along = table;
    along.crossed = false;
    const Shape inside = from(b.x, first, count).shape();
    const Shape shape = table.crossed ? Shape{inside.cols, inside.rows, count} : inside;
    const auto moments = b.kernels.moments(along, shape);
    const cudaStream_t stream = b.kernels.stream();
    Info* info = b.info + first;
    check(once(stream, count, CheckInput{moments.device, normalizer != Normalizer::none, info}),
          "once");
    check(transfer(stream, inside, Load<S, T>{table, from(b.x, first, count), info}, table.crossed,
                   false),
          "transfer");
  });
}

/// y <- b.x for each matrix whose status allows it, after ClassifyResult has looked at the results.
template <class T, class S>
void store(const Buffers<T>& b, Normalizer normalizer, const Matrix<S>* y) {
  const auto moments = b.kernels.moments(b.x);
  check(once(b.kernels.stream(), b.x.count,
             ClassifyResult{moments.device, normalizer != Normalizer::none, Scalar<T>::epsilon,
                            Scalar<S>::highest, static_cast<double>(b.x.rows), b.info}),
        "once");
  by_table(b.x.count, [&](Index first, Index count) {
    const PointerBatch<S> table = short_side_first(y + first, count);
    const Batch<T> part = from(b.x, first, count);
    check(transfer(b.kernels.stream(), part.shape(), Store<T, S>{part, table, b.info + first},
                   false, table.crossed),
          "transfer");
  });
}

}  // namespace pion::cuda
