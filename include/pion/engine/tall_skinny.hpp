// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt
#include <cstddef>    // std::byte, std::size_t
#include <cstdint>    // std::uint64_t
#include <new>        // placement new
#include <numeric>    // std::accumulate

#include <pion/detail/random.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/host.hpp>
#include <pion/engine/squares.hpp>
#include <pion/engine/sweep.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::engine {
inline namespace PION_SETTINGS {

/// Has the primitives of the low-rank method (algorithm/subspace_iteration.hpp) on host memory.
///
/// Three sizes of matrix meet here: the large m x n matrix x; narrow ones, with m or n rows and few
/// columns; and small ones, with few rows and columns, in double. `Products` are the engine's
/// Kernels, which multiply in the scalar T.
///
/// Determinism: products in T as `Products` has it; everything else bitwise the same for every
/// number of workers.
template <class Executor, class T, class Products = HostKernels<Executor, T>>
class TallSkinnyKernels {
 public:
  using Source = View<const T>;  ///< The large matrix.

  /// For an m x n matrix and narrow ones of up to `width` columns.
  TallSkinnyKernels(detail::Arena& arena, Index m, Index n, Index width)
      : products_(arena, (std::max)({m, n, width}), width),
        sweep_(arena, m, n),
        workers_(Executor::workers()) {
    partial_ = arena.take<double>(pieces(n, sweep_cols));
    small_ = arena.take<T>(width * width);
    buffers_ = arena.take<GemmBuffers<double>>(workers_);
    for (int w = 0; w < workers_; ++w) {
      const GemmBuffers<double> made(arena, (std::max)(m, n), width, (std::max)(m, n));
      if (buffers_ != nullptr) new (buffers_ + w) GemmBuffers<double>(made);
    }
  }

  /// Returns ||x||_F, summed in double. It is not finite if an entry is not, or if a square leaves
  /// double's range.
  double frobenius_norm(const View<const T>& x) const {
    const Index count = pieces(x.cols, sweep_cols);
    Executor::for_each(workers_, count, [&](Index t, int /*worker*/) {
      const Index j = t * sweep_cols;
      partial_[t] =
          detail::sum_of_squares(x.block(0, j, x.rows, (std::min)(sweep_cols, x.cols - j)));
    });
    return std::sqrt(std::accumulate(partial_, partial_ + count, 0.0));
  }

  /// Computes c = op_a(a) op_b(b).
  template <Op op_a = Op::plain, Op op_b = Op::plain>
  void multiply(const View<const T>& a, const View<const T>& b, const View<T>& c) const {
    products_.template multiply<op_a, op_b>(a, b, c);
  }

  /// Computes z = factor x^T q and y = factor x z in the scalar of z and y. Where `norm` is not
  /// null, it becomes ||x||_F.
  template <class S>
  void sweep(double factor, const View<const T>& x, const View<const T>& q, const View<S>& z,
             const View<S>& y, double* norm = nullptr) const {
    if constexpr (std::is_same_v<S, T> && !std::is_same_v<Products, HostKernels<Executor, T>>) {
      products_.template multiply<Op::transposed, Op::plain>(x, q, z);
      scale(factor, z);
      products_.multiply(x, View<const T>(z), y);
      scale(factor, y);
      if (norm != nullptr) *norm = frobenius_norm(x);
    } else {
      sweep_.multiply(factor, x, q, z, y, norm);
    }
  }

  /// Computes c = y m for narrow y and c and a small m, which is rounded to T.
  void multiply(const View<const T>& y, const detail::Small& m, const View<T>& c) const {
    const View<T> rounded(small_, m.rows(), m.cols());
    as_eigen(rounded) = m.template cast<T>();
    products_.multiply(y, rounded, c);
  }

  /// Computes c = y m in double, for y of any scalar.
  template <class A>
  void multiply_in_double(const View<A>& y, const detail::Small& m, const View<double>& c) const {
    const Index size = pieces(c.rows, Index(2) * workers_);
    Executor::for_each(workers_, pieces(c.rows, size), [&](Index t, int worker) {
      const Index at = t * size;
      const View<double> part = c.block(at, 0, (std::min)(size, c.rows - at), c.cols);
      const View<const A> rows = y.block(at, 0, part.rows, y.cols);
      gemm<Op::plain, Op::plain>(1.0, rows, View<const double>(m.data(), m.rows(), m.cols()), part,
                                 buffers_[worker], Write::overwrite);
    });
  }

  static void scale(double factor, const View<T>& x) { Products::scale(factor, x); }

  /// Copies from to to, which may have another scalar.
  template <class From, class To>
  static void copy(const View<From>& from, const View<To>& to) {
    as_eigen(to) = as_eigen(from).template cast<To>();
  }

  /// Computes to = factor from.
  template <class From, class To>
  static void scaled_copy(double factor, const View<From>& from, const View<To>& to) {
    as_eigen(to) = (as_eigen(from).template cast<double>() * factor).template cast<To>();
  }

  /// Computes y = y - x.
  static void subtract(const View<const T>& x, const View<T>& y) { as_eigen(y) -= as_eigen(x); }

  /// Returns ||y||_F, computed in double.
  static double norm(const View<const T>& y) { return as_eigen(y).template cast<double>().norm(); }

  /// Returns ||d - u diag(sigma)||_F for narrow d and u, computed in double.
  template <class Values>
  static double distance(const View<const double>& d, const View<const T>& u, const Values& sigma) {
    return (as_eigen(d) - as_eigen(u).template cast<double>() * sigma.asDiagonal()).norm();
  }

  /// g <- y^T y in double, for narrow y of any scalar. It runs on the calling thread.
  template <class A>
  void gram(const View<A>& y, detail::Small g) const {
    const View<const A> read = y;
    gemm<Op::transposed, Op::plain>(1.0, read, read, View<double>(g.data(), y.cols, y.cols),
                                    buffers_[0], Write::overwrite);
  }

  /// Memory of the host for small matrices: here, the call's own.
  static std::byte* small_memory(detail::Arena& arena, Index bytes) {
    return arena.take<std::byte>(bytes);
  }

  /// Fills x with entries +1 and -1, each with probability 1/2.
  static void fill_signs(std::uint64_t seed, const View<T>& x) {
    std::uint64_t counter = 0;
    for (Index j = 0; j < x.cols; ++j) {
      for (Index i = 0; i < x.rows; i += 64) {
        std::uint64_t bits = detail::random_bits(seed, counter++);
        for (Index l = i; l < (std::min)(x.rows, i + 64); ++l, bits >>= 1U) {
          x.data[l + j * x.stride] = (bits & 1U) != 0 ? T(1) : T(-1);
        }
      }
    }
  }

  /// Fills x with independent standard normal entries (Box and Muller 1958).
  static void fill_gaussian(std::uint64_t seed, const View<T>& x) {
    constexpr Index half = 64;
    std::uint64_t counter = 0;
    alignas(64) T u[half], v[half];  // uniform in (0, 1]
    alignas(64) T normal[std::size_t(2) * half];
    using Block = Eigen::Map<Eigen::Array<T, half, 1>, Eigen::Aligned64, detail::NoGaps>;
    Index used = 2 * half;
    for (Index j = 0; j < x.cols; ++j) {
      for (Index i = 0; i < x.rows; ++i) {
        if (used == 2 * half) {
          for (Index l = 0; l < half; ++l) {
            const std::uint64_t bits = detail::random_bits(seed, counter++);
            u[l] = static_cast<T>(static_cast<double>((bits >> 32U) + 1) * 0x1p-32);
            v[l] = static_cast<T>(static_cast<double>((bits & 0xffffffffU) + 1) * 0x1p-32);
          }
          Block radius(u), angle(v);
          radius = (T(-2) * radius.log()).sqrt();
          angle *= T(6.283185307179586);
          Block{normal} = radius * angle.cos();
          Block{normal + half} = radius * angle.sin();
          used = 0;
        }
        x.data[i + j * x.stride] = normal[used++];
      }
    }
  }

 private:
  static constexpr Index sweep_cols = 32;

  static Index pieces(Index extent, Index piece) { return (extent + piece - 1) / piece; }

  Products products_;
  Sweep<Executor> sweep_;
  int workers_;
  double* partial_ = nullptr;
  T* small_ = nullptr;
  GemmBuffers<double>* buffers_ = nullptr;
};

}  // namespace PION_SETTINGS
}  // namespace pion::engine
