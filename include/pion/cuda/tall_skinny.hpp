// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt
#include <cstddef>    // std::byte, std::size_t
#include <cstdint>    // std::uint64_t
#include <type_traits>

#include <pion/cuda/bodies.hpp>
#include <pion/cuda/gemm.hpp>
#include <pion/cuda/launch.hpp>
#include <pion/cuda/tall_skinny_bodies.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::cuda {

/// Describes a view's memory in the form that kernels take.
template <class T>
Batch<std::remove_const_t<T>> batch_of(const engine::View<T>& v) {
  return {const_cast<std::remove_const_t<T>*>(v.data), v.rows, v.cols, v.stride, 1, 0};
}

/// The primitives of the low-rank method on device memory, for a large matrix of S and narrow ones
/// of T, float or double. engine/tall_skinny.hpp describes what each computes.
///
/// Small matrices and numbers are the host's. Sending them to the device only adds to the stream;
/// gram(), norm(), distance() and moments() wait for what comes back.
///
/// A large matrix of 16 bits is read as it is. A narrow matrix is multiplied with it as [high low],
/// two matrices of S, in one product: 2^-17 of each entry of the narrow matrix is lost, and sums
/// are in float.
template <class S, class T>
class TallSkinnyKernels {
 public:
  using Source = engine::View<const S>;  ///< The large matrix.

  /// Lays out memory for an m x n matrix and narrow ones of up to `width` columns.
  TallSkinnyKernels(detail::Arena& arena, Index m, Index n, Index width, Context& context)
      : context_(&context), panel_size_((std::min)(m * n, (std::max)({most_of_panel, m, n}))) {
    const Index side = (std::max)(m, n);
    partials_ =
        arena.take<NormPartials>(reduction_pieces(side * (std::max)((std::min)(m, n), width)));
    result_ = arena.take<NormPartials>(1);
    small_ = arena.take<double>(width * width);
    wide_ = arena.take<double>(side * width);
    panel_ = arena.take<double>(panel_size_);
    if (!std::is_same_v<S, T>) {
      parts_ = arena.take<S>(side * 2 * width);
      sums_ = arena.take<T>(side * 2 * width);
    }
  }

  /// Returns the largest |entry| and the norm of a large x of any scalar. The squares of doubles
  /// overflow or vanish unless the doubles are in the middle of their range.
  template <class A>
  NormPartials moments(const engine::View<const A>& x) const {
    check(reduce(stream(), Shape{x.rows, x.cols, 1},
                 Measure<Batch<A>>{batch_of(x), nullptr, result_}, partials_),
          "reduce");
    return exchange().fetch(result_);
  }

  // --- products

  template <Op op_a = Op::plain, Op op_b = Op::plain, class A>
  void multiply(const engine::View<A>& a, const engine::View<const T>& b,
                const engine::View<T>& c) const {
    if constexpr (std::is_same_v<std::remove_const_t<A>, T>) {
      cuda::multiply(*context_, false, 1.0, batch_of(a), op_a, batch_of(b), op_b, 0.0, batch_of(c));
    } else {
      static_assert(op_b == Op::plain, "the large matrix meets narrow ones from the left");
      const engine::View<S> parts(parts_, b.rows, 2 * b.cols);
      const engine::View<T> sums(sums_, c.rows, 2 * c.cols);
      const auto half_of = [](const auto& v, Index i) {
        return batch_of(v.block(0, i * v.cols / 2, v.rows, v.cols / 2));
      };
      const Batch<T> from = batch_of(b), to = batch_of(c);
      check(map(stream(), from.shape(), Split<T, S>{from, half_of(parts, 0), half_of(parts, 1)}),
            "map");
      cuda::multiply(*context_, false, 1.0, batch_of(a), op_a, batch_of(parts), Op::plain, 0.0,
                     batch_of(sums));
      check(map(stream(), to.shape(), Sum<T>{half_of(sums, 0), half_of(sums, 1), to}), "map");
    }
  }

  void multiply(const engine::View<const T>& y, const detail::Small& m,
                const engine::View<T>& c) const {
    T* const memory = reinterpret_cast<T*>(small_);
    exchange().send(m.data(), m.size(), memory);
    multiply(y, engine::View<const T>(memory, m.rows(), m.cols()), c);
  }

  template <class A>
  void multiply_in_double(const engine::View<A>& y, const detail::Small& m,
                          const engine::View<double>& c) const {
    const engine::View<double> wide(wide_, y.rows, y.cols);
    copy(y, wide);
    exchange().send(m.data(), m.size(), small_);
    cuda::multiply(*context_, false, 1.0, batch_of(wide), Op::plain,
                   batch_of(engine::View<double>(small_, m.rows(), m.cols())), Op::plain, 0.0,
                   batch_of(c));
  }

  /// z <- factor x^T q and y <- factor x z. In double, x is widened a panel at a time, of a size
  /// that stays in the device's cache from one product to the next.
  template <class R>
  void sweep(double factor, const Source& x, const engine::View<const T>& q,
             const engine::View<R>& z, const engine::View<R>& y, double* norm = nullptr) const {
    if (norm != nullptr) *norm = moments(x).norm();
    if constexpr (std::is_same_v<R, T>) {
      multiply<Op::transposed, Op::plain>(x, q, z);
      scale(factor, z);
      multiply(x, engine::View<const T>(z), y);
      scale(factor, y);
    } else {
      const engine::View<double> wide(wide_, q.rows, q.cols);
      copy(q, wide);
      const Index width = panel_size_ / x.rows;
      for (Index j = 0; j < x.cols; j += width) {
        const Index some = (std::min)(width, x.cols - j);
        const engine::View<double> panel(panel_, x.rows, some);
        const Batch<double> from = batch_of(panel), image = batch_of(z.block(j, 0, some, z.cols));
        copy(x.block(0, j, x.rows, some), panel);
        cuda::multiply(*context_, false, factor, from, Op::transposed, batch_of(wide), Op::plain,
                       0.0, image);
        cuda::multiply(*context_, false, factor, from, Op::plain, image, Op::plain,
                       j == 0 ? 0.0 : 1.0, batch_of(y));
      }
    }
  }

  template <class A>
  void gram(const engine::View<A>& y, detail::Small g) const {
    const engine::View<double> wide(wide_, y.rows, y.cols);
    const engine::View<double> on_device(small_, y.cols, y.cols);
    copy(y, wide);
    cuda::multiply(*context_, false, 1.0, batch_of(wide), Op::transposed, batch_of(wide), Op::plain,
                   0.0, batch_of(on_device));
    if (g.size() > 0) exchange().fetch(small_, g.size(), g.data());
  }

  /// Memory of the host for small matrices: the context's, since the arena is the device's.
  std::byte* small_memory(pion::detail::Arena& /*arena*/, Index bytes) const {
    return context_->reserve_on_host(static_cast<std::size_t>(bytes));
  }

  // --- elements

  void scale(double factor, const engine::View<T>& x) const { scaled_copy(factor, x, x); }

  template <class From, class To>
  void copy(const engine::View<From>& from, const engine::View<To>& to) const {
    scaled_copy(1.0, from, to);
  }

  /// to <- factor from.
  template <class From, class To>
  void scaled_copy(double factor, const engine::View<From>& from,
                   const engine::View<To>& to) const {
    const Batch<To> out = batch_of(to);
    check(map(stream(), out.shape(),
              Copy<std::remove_const_t<From>, To>{batch_of(from), out, factor}),
          "map");
  }

  void subtract(const engine::View<const T>& x, const engine::View<T>& y) const {
    const Batch<T> out = batch_of(y);
    check(map(stream(), out.shape(), Subtract<T>{batch_of(x), out}), "map");
  }

  double norm(const engine::View<const T>& y) const {
    return y.size() == 0 ? 0.0 : moments(y).norm();
  }

  template <class Values>
  double distance(const engine::View<const double>& d, const engine::View<const T>& u,
                  const Values& sigma) const {
    if (u.size() == 0) return 0.0;
    const detail::SmallVector values = sigma;
    exchange().send(values.data(), values.size(), small_);
    double* const result = reinterpret_cast<double*>(result_);
    check(reduce(stream(), Shape{u.rows, u.cols, 1},
                 Distance<T>{batch_of(d), batch_of(u), small_, result},
                 reinterpret_cast<double*>(partials_)),
          "reduce");
    return std::sqrt(exchange().fetch(result));
  }

  void fill_signs(std::uint64_t seed, const engine::View<T>& x) const {
    const Batch<T> out = batch_of(x);
    check(map(stream(), out.shape(), FillSigns<T>{out, seed}), "map");
  }

  void fill_gaussian(std::uint64_t seed, const engine::View<T>& x) const {
    const Batch<T> out = batch_of(x);
    check(map(stream(), out.shape(), FillGaussian<T>{out, seed}), "map");
  }

  /// Returns memory for a panel of T with `rows` rows; sweep() uses the same memory.
  engine::View<T> panel(Index rows) const {
    return {reinterpret_cast<T*>(panel_), rows, panel_size_ / rows};
  }

 private:
  static constexpr Index most_of_panel = Index(1) << 21;  // 16 MB

  cudaStream_t stream() const { return context_->stream(); }
  Exchange& exchange() const { return context_->exchange(); }

  Context* context_;
  Index panel_size_;
  NormPartials* partials_ = nullptr;
  NormPartials* result_ = nullptr;
  double* small_ = nullptr;
  double* wide_ = nullptr;
  double* panel_ = nullptr;
  S* parts_ = nullptr;
  T* sums_ = nullptr;
};

}  // namespace pion::cuda
