// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::sqrt
#include <cstddef>    // std::byte
#include <type_traits>

#include <pion/algorithm/power_bound.hpp>
#include <pion/cuda/bodies.hpp>
#include <pion/cuda/gemm.hpp>
#include <pion/cuda/launch.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/filter/polynomial.hpp>

namespace pion::cuda {

/// The primitives of an engine on device memory, for a batch of matrices at once. engine/host.hpp
/// describes what each computes; here each only adds to the context's stream.
///
/// T is what matrices are stored in between products; sums are in float32 for the 16-bit types.
template <class T>
class Kernels {
 public:
  static constexpr double epsilon = Scalar<T>::epsilon;  ///< Of what matrices are stored in.

  /// Lays out scratch memory for batches of `count` matrices of up to m x n, m <= n.
  Kernels(detail::Arena& arena, Context& context, bool tf32, Index m, Index n, Index count)
      : context_(&context), tf32_(tf32), count_(count) {
    const Index values = (std::max)(reduction_pieces(m * n) * count,   // of a norm
                                    reduction_pieces(m) * m * count);  // of rows
    partials_ = arena.take<NormPartials>(values);
    numbers_ = arena.take<std::byte>(slots * slot_bytes * count);
    rows_ = arena.take<double>(m * count);
    const Index tiles = count * tiles_of(m);
    from_a_ = arena.take<const void*>(tiles);
    from_b_ = arena.take<const void*>(tiles);
    to_ = arena.take<void*>(tiles);
  }

  /// A number for each matrix of the batch, in device memory. It is overwritten when `slots` more
  /// have been made.
  template <class V>
  struct Number {
    V* device = nullptr;
    using Value = V;  ///< What the number is.
  };

  // --- products

  void gram(const Batch<T>& x, const Batch<T>& r) const {
    lower_half(1.0, x, x, Op::transposed, r);
    symmetrize(r, r, 0.0, 0.0);
  }

  void quadratic(const OddQuintic& p, const Batch<T>& r, const Batch<T>& h) const {
    if (p.c == 0.0) {
      scaled_copy(r, h, p.b);
      symmetrize(h, h, p.a, 0.0);
      return;
    }
    lower_half(p.c, r, r, Op::plain, h);
    symmetrize(h, r, p.a, p.b);
  }

  void multiply_commuting(const Batch<T>& a, const Batch<T>& b, const Batch<T>& c) const {
    lower_half(1.0, a, b, Op::plain, c);
    symmetrize(c, c, 0.0, 0.0);
  }

  void multiply(const Batch<T>& a, const Batch<T>& b, const Batch<T>& c) const {
    cuda::multiply(*context_, tf32_, 1.0, a, Op::plain, b, Op::plain, 0.0, c);
  }

  // --- numbers

  /// Computes the moments of `shape` of anything with elements.
  template <class Elements>
  Number<NormPartials> moments(const Elements& x, Shape shape) const {
    const auto result = number<NormPartials>();
    check(reduce(stream(), shape, Measure<Elements>{x, nullptr, result.device}, partials_),
          "reduce");
    using Scalar = std::decay_t<decltype(x(0, 0, 0))>;
    if constexpr (!std::is_same_v<Scalar, double>) return result;
    // The squares of doubles can overflow or vanish where their norm does neither.
    const auto scaled = number<NormPartials>();
    check(reduce(stream(), shape, Measure<Elements>{x, result.device, scaled.device}, partials_),
          "reduce");
    return scaled;
  }

  Number<NormPartials> moments(const Batch<T>& x) const { return moments(x, x.shape()); }

  Number<double> frobenius_norm(const Batch<T>& x) const {
    return compute(NormPartials::Norm{}, moments(x));
  }

  template <class F, class A>
  auto compute(const F& f, const Number<A>& a) const {
    using R = decltype(f(std::declval<A>()));
    const auto out = number<R>();
    check(once(stream(), count_, Compute1<F, R, A>{f, out.device, a.device}), "once");
    return out;
  }
  template <class F, class A, class B>
  auto compute(const F& f, const Number<A>& a, const Number<B>& b) const {
    using R = decltype(f(std::declval<A>(), std::declval<B>()));
    const auto out = number<R>();
    check(once(stream(), count_, Compute2<F, R, A, B>{f, out.device, a.device, b.device}), "once");
    return out;
  }

  /// Returns null: the host cannot see a number without waiting.
  template <class V>
  static const V* peek(const Number<V>& /*number*/) {
    return nullptr;
  }

  /// Bounds the rounding of a product: stored entries are rounded once, sums in their own
  /// precision.
  static double product_rounding(Index depth) {
    return Scalar<T>::epsilon +
           4.0 * Scalar<sum_t<T>>::epsilon * std::sqrt(static_cast<double>(depth));
  }

  // --- elements

  void scale(const Number<double>& factor, const Batch<T>& x) const {
    check(map(stream(), x.shape(), Scale<T>{x, factor.device}), "map");
  }

  void equilibrate(const Batch<T>& x, const Batch<T>& r, const Batch<T>& /*scratch*/) const {
    check(reduce(stream(), Shape{r.rows, 1, r.rows * r.count}, Equilibrate<T>{r, rows_},
                 reinterpret_cast<double*>(partials_)),
          "reduce");
    check(map(stream(), x.shape(), ScaleRows<T>{x, rows_, false}), "map");
    check(map(stream(), r.shape(), ScaleRows<T>{r, rows_, true}), "map");
  }

  void copy(const Batch<T>& from, const Batch<T>& to) const { scaled_copy(from, to, 1.0); }

  Context& context() const { return *context_; }
  cudaStream_t stream() const { return context_->stream(); }
  Index count() const { return count_; }  ///< Matrices of a batch.

 protected:
  /// Returns a number that is not computed yet.
  template <class V>
  Number<V> number() const {
    static_assert(sizeof(V) <= slot_bytes, "a number must fit its slot");
    const Index slot = next_slot_++ % slots;
    return {reinterpret_cast<V*>(numbers_ + slot * slot_bytes * count_)};
  }

 private:
  static constexpr Index slots = 64;  // an algorithm keeps few numbers for long
  static constexpr Index slot_bytes = 32;

  // A tile of a symmetric product: four of cuBLAS's own blocks or so, which keep a multiprocessor
  // busy, and small enough that those on the diagonal waste one part in sixteen at 4096.
  static constexpr Index tile = 256;
  static constexpr Index least_tiled = 4 * tile;

  static Index tiles_of(Index m) {
    const Index full = m < least_tiled ? 0 : m / tile;
    return full * (full + 1) / 2;
  }

  /// Computes the lower half of c = alpha a op(b), which is symmetric, at half the cost: tiles
  /// in one batched product, and a strip of rows where they do not come out even. Small matrices,
  /// which cannot fill a device in tiles, are computed whole.
  void lower_half(double alpha, const Batch<T>& a, const Batch<T>& b, Op op,
                  const Batch<T>& c) const {
    const Index tiles = tiles_of(c.rows);
    const Index covered = tiles == 0 ? 0 : c.rows / tile * tile;
    if (tiles > 0) {
      const Index all = tiles * c.count;
      check(once(stream(), all,
                 Tiles<T>{a, b, c, tile, tiles, op == Op::transposed, from_a_, from_b_, to_}),
            "once");
      multiply_tiles<T>(*context_, tf32_, alpha, from_a_, a.stride, from_b_, b.stride, op, to_,
                        c.stride, tile, a.cols, all);
    }
    const Index rest = c.rows - covered;
    cuda::multiply(*context_, tf32_, alpha, a.block(covered, 0, rest, a.cols), Op::plain, b, op,
                   0.0, c.block(covered, 0, rest, c.cols));
  }

  void symmetrize(const Batch<T>& c, const Batch<T>& r, double a, double b) const {
    const Symmetrize<T> body{c, r, static_cast<sum_t<T>>(a), static_cast<sum_t<T>>(b)};
    check(transfer(stream(), c.shape(), body, false, true), "transfer");
  }

  void scaled_copy(const Batch<T>& from, const Batch<T>& to, double factor) const {
    check(map(stream(), to.shape(), Copy<T>{from, to, factor}), "map");
  }

  Context* context_;
  bool tf32_;
  Index count_;
  NormPartials* partials_ = nullptr;
  std::byte* numbers_ = nullptr;
  double* rows_ = nullptr;
  const void** from_a_ = nullptr;
  const void** from_b_ = nullptr;
  void** to_ = nullptr;
  mutable Index next_slot_ = 0;
};

}  // namespace pion::cuda
