// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::copy_n, std::max
#include <cmath>      // std::sqrt
#include <vector>

#include <pion/detail/finite.hpp>
#include <pion/distributed/agree.hpp>
#include <pion/distributed/sum.hpp>
#include <pion/engine/load_store.hpp>
#include <pion/engine/transpose.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::distributed::detail {

/// Refers to a matrix whose columns are cut over ranks: rows x cols, of which `local` has this
/// rank's columns. An engine::View, in the same call, is a matrix that every rank has whole.
template <class T>
struct ShardedView {
  engine::View<T> local;
  Index rows = 0;
  Index cols = 0;
};

/// Divides x by a power of two, as detail::scale_to_one(); `largest` is the same on all ranks.
template <class T>
void scale_to_one(double largest, const ShardedView<T>& x) {
  pion::detail::scale_to_one(largest, x.local);
}

/// Returns the root of the sum of the squares of every rank's norm. The largest is taken out: the
/// squares neither overflow nor vanish, and of one rank the norm is that rank's, to the last bit.
template <class C>
double norm_over_ranks(const C& comm, double norm) {
  const std::vector<double> norms = gathered(comm, norm);
  double largest = 0.0, squares = 0.0;
  for (const double one : norms) {
    if (!pion::detail::is_finite(one)) return one;
    largest = (std::max)(largest, one);
  }
  if (largest == 0.0) return 0.0;
  for (const double one : norms) squares += (one / largest) * (one / largest);
  return largest * std::sqrt(squares);
}

/// Replaces a symmetric r by its sum over ranks, both halves; the lower half is sent.
/// \param triangle, scratch  memory for r.rows (r.rows + 1) / 2 entries, and their sum_scratch().
template <class C, class T>
void sum_symmetric(const C& comm, const engine::View<T>& r, T* triangle, T* scratch) {
  if (comm.size() == 1) return;
  T* at = triangle;
  for (Index j = 0; j < r.cols; ++j) at = std::copy_n(&r.data[j + j * r.stride], r.rows - j, at);
  comm.sum(triangle, static_cast<Index>(at - triangle), scratch);
  const T* from = triangle;
  for (Index j = 0; j < r.cols; from += r.rows - j, ++j) {
    std::copy_n(from, r.rows - j, &r.data[j + j * r.stride]);
  }
  engine::mirror(r);
}

/// Has the primitives of an engine (engine/concept.hpp) where the columns of x are cut over ranks:
/// the local engine's, and a sum over ranks where columns meet.
///
/// What is square of x's rows, every rank has whole: a Gram matrix is the sum of the local ones,
/// and the products of it are done by all, alike. So a call of algorithm/ sends m (m + 1) / 2 words
/// a Gram matrix to the sum, and x never moves.
template <class Engine, class C, class T>
class Kernels : public Engine::template Kernels<T> {
  using Local = typename Engine::template Kernels<T>;
  using In = ShardedView<T>;

 public:
  /// For x of `rows` rows, of whose columns this rank has `part`.
  /// \param comm  null where only bytes are counted.
  Kernels(pion::detail::Arena& arena, const C* comm, int ranks, Index rows, Index part)
      : Local(arena, rows, (std::max)(rows, part)), comm_(comm) {
    const Index size = rows * (rows + 1) / 2;
    triangle_ = arena.take<T>(size);
    scratch_ = arena.take<T>(sum_scratch(size, ranks));
  }

  using Local::copy, Local::equilibrate, Local::frobenius_norm, Local::multiply, Local::scale;

  /// Computes r = x x^T, both halves, exactly symmetric.
  void gram(const In& x, const engine::View<T>& r) const {
    Local::gram(x.local, r);
    sum_symmetric(*comm_, r, triangle_, scratch_);
  }

  /// Computes y = h x.
  void multiply(const engine::View<T>& h, const In& x, const In& y) const {
    Local::multiply(h, x.local, y.local);
  }

  double frobenius_norm(const In& x) const {
    return norm_over_ranks(*comm_, x.local.size() == 0 ? 0.0 : Local::frobenius_norm(x.local));
  }

  void scale(double factor, const In& x) const { Local::scale(factor, x.local); }

  void equilibrate(const In& x, const engine::View<T>& r, const engine::View<T>& scratch) const {
    Local::equilibrate(x.local, r, scratch);
  }

 private:
  const C* comm_;
  T* triangle_ = nullptr;
  T* scratch_ = nullptr;
};

}  // namespace pion::distributed::detail
