// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max

#include <pion/detail/symmetric_eigen.hpp>  // Small
#include <pion/distributed/kernels.hpp>
#include <pion/distributed/sum.hpp>
#include <pion/engine/concept.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::distributed::detail {

/// Refers to a narrow matrix whose rows are cut over ranks: of `rows` rows, `local` has these.
template <class T>
struct ShardedRows {
  engine::View<T> local;
  Index rows = 0;
  Index cols = 0;

  /// Returns the columns j to j + c, of all rows.
  ShardedRows block(Index /*first row: 0*/, Index j, Index /*rows: all*/, Index c) const {
    return {local.block(0, j, local.rows, c), rows, c};
  }
};

/// What the kernels below are made from: the communicator, null where only bytes are counted, the
/// number of ranks, and how many columns of x this rank has.
template <class C>
struct Place {
  const C* comm = nullptr;
  int ranks = 1;
  Index part = 0;
};

/// Has the primitives of the low-rank method (engine/concept.hpp) for an x whose columns are cut
/// over ranks. Narrow matrices of x's rows, and small ones, every rank has whole, with the same
/// bits; those with a row for each column of x are cut as x is.
///
/// So a sweep sends y, m x k, to a sum; a Gram matrix of a cut matrix, k x k; and nothing else is
/// sent but numbers. x never moves, nor does anything of its size.
template <class Engine, class C, class T>
class TallSkinnyKernels : public Engine::template TallSkinnyKernels<T> {
  using Local = typename Engine::template TallSkinnyKernels<T>;

 public:
  using Source = ShardedView<const T>;
  template <class S>
  using Long = ShardedRows<S>;

  /// For x of m rows and n columns in all, and narrow matrices of up to `width` columns.
  TallSkinnyKernels(pion::detail::Arena& arena, Index m, Index n, Index width,
                    const Place<C>& place)
      : Local(arena, m, std::max<Index>(place.part, 1), width),
        comm_(place.comm),
        n_(n),
        part_(place.part) {
    scratch_ = arena.take<double>(sum_scratch((std::max)(m, width) * width, place.ranks));
  }

  Index long_rows() const { return part_; }
  template <class S>
  Long<S> long_at(S* memory, Index cols) const {
    return {engine::View<S>(memory, part_, cols), n_, cols};
  }

  using Local::copy, Local::frobenius_norm, Local::gram, Local::multiply, Local::multiply_in_double;

  double frobenius_norm(const Source& x) const {
    return norm_over_ranks(*comm_, part_ == 0 ? 0.0 : Local::frobenius_norm(x.local));
  }

  /// Computes z = factor x^T q and y = factor x z; z is cut, and y is the sum over ranks.
  template <class S>
  void sweep(double factor, const Source& x, const engine::View<const T>& q, const Long<S>& z,
             const engine::View<S>& y, double* norm = nullptr) const {
    if (part_ == 0) {
      engine::as_eigen(y).setZero();
      if (norm != nullptr) *norm = 0.0;
    } else {
      Local::sweep(factor, x.local, q, z.local, y, norm);
    }
    sum(y.data, y.size());
    if (norm != nullptr) *norm = norm_over_ranks(*comm_, *norm);
  }

  template <class A>
  void multiply_in_double(const Long<A>& y, const pion::detail::Small& m,
                          const Long<double>& c) const {
    if (part_ > 0) Local::multiply_in_double(y.local, m, c.local);
  }

  template <class A>
  void gram(const Long<A>& y, pion::detail::Small g) const {
    Local::gram(y.local, g);
    sum(g.data(), g.size());
  }

  template <class From, class To>
  static void copy(const Long<From>& from, const Long<To>& to) {
    Local::copy(from.local, to.local);
  }

 private:
  /// Narrow and small matrices lie without gaps.
  template <class S>
  void sum(S* values, Index count) const {
    comm_->sum(values, count, reinterpret_cast<S*>(scratch_));
  }

  const C* comm_;
  Index n_, part_;
  double* scratch_ = nullptr;
};

}  // namespace pion::distributed::detail
