// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::isfinite, std::sqrt
#include <cstdint>    // std::uint64_t
#include <new>        // placement new

#include <pion/detail/random.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/host.hpp>
#include <pion/engine/view.hpp>
#include <pion/workspace.hpp>

namespace pion::engine {

/// The size of a matrix, from one sweep over it.
struct Magnitude {
  double largest = 0.0;  ///< max |x_ij|; not finite if an entry is not.
  double norm = 0.0;     ///< ||x||_F, summed in double.
};

/// The primitives of compression (algorithm/low_rank.hpp) on host memory: products of a large
/// matrix with narrow ones (many rows, few columns), in its scalar and in double, of narrow ones with
/// small ones (few of both, always the host's), and random fills that depend on a seed alone.
/// `Products` multiplies in the scalar (Host, Blas).
///
/// Determinism as that of `Products`; of all else, bitwise the same for every number of workers.
template <class Executor, class T, class Products = Host<Executor, T>>
class HostNarrow {
 public:
  using Source = View<const T>;  ///< The large matrix.

  /// For an m x n matrix and narrow ones of up to `width` columns.
  HostNarrow(detail::Arena& arena, Index m, Index n, Index width)
      : products_(arena, std::max({m, n, width}), width), workers_(Executor::workers()) {
    partial_ = arena.take<Magnitude>(pieces(n, sweep_cols));
    small_ = arena.take<T>(width * width);
    buffers_ = arena.take<GemmBuffers<double>>(workers_);
    for (int w = 0; w < workers_; ++w) {
      const GemmBuffers<double> made(arena, std::max(m, n), width, std::max(m, n));
      if (buffers_ != nullptr) new (buffers_ + w) GemmBuffers<double>(made);
    }
  }

  /// The largest |entry| and the Frobenius norm of x, whose squares must stay within double's range.
  Magnitude measure(const View<const T>& x) const {
    const Index count = pieces(x.cols, sweep_cols);
    Executor::for_each(workers_, count, [&](Index t, int /*worker*/) {
      Magnitude sum;
      for (Index j = t * sweep_cols; j < std::min(x.cols, (t + 1) * sweep_cols); ++j) {
        const auto column = as_eigen(x).col(j);
        sum.norm += column.template cast<double>().squaredNorm();
        sum.largest = std::max(sum.largest, static_cast<double>(column.cwiseAbs().maxCoeff()));
      }
      partial_[t] = sum;
    });
    Magnitude all;
    for (Index t = 0; t < count; ++t) {
      all.norm += partial_[t].norm;
      all.largest = std::max(all.largest, partial_[t].largest);
    }
    // maxCoeff() may pass over a NaN; the sum of squares does not.
    if (!std::isfinite(all.norm)) all.largest = all.norm;
    all.norm = std::sqrt(all.norm);
    return all;
  }

  /// c = op_a(a) op_b(b).
  template <Op op_a = Op::plain, Op op_b = Op::plain>
  void multiply(const View<const T>& a, const View<const T>& b, const View<T>& c) const {
    products_.template multiply<op_a, op_b>(a, b, c);
  }

  /// c = y m for narrow y and c and a small m, rounded to T.
  void multiply(const View<const T>& y, const detail::Small& m, const View<T>& c) const {
    const View<T> small(small_, m.rows(), m.cols());
    as_eigen(small) = m.template cast<T>();
    products_.multiply(y, small, c);
  }

  static void scale(double factor, const View<T>& x) { Products::scale(factor, x); }

  /// to <- from, of another scalar maybe.
  template <class From, class To>
  static void copy(const View<From>& from, const View<To>& to) {
    as_eigen(to) = as_eigen(from).template cast<To>();
  }

  /// y <- y - x.
  static void subtract(const View<const T>& x, const View<T>& y) { as_eigen(y) -= as_eigen(x); }

  /// ||y||_F, in double.
  static double norm(const View<const T>& y) { return as_eigen(y).template cast<double>().norm(); }

  /// ||d - u diag(sigma)||_F for narrow d and u, in double.
  template <class Values>
  static double distance(const View<const double>& d, const View<const T>& u, const Values& sigma) {
    return (as_eigen(d) - as_eigen(u).template cast<double>() * sigma.asDiagonal()).norm();
  }

  /// c = factor op(x) b in double, for narrow b and c.
  template <Op op>
  void multiply_in_double(double factor, const View<const T>& x, const View<const double>& b,
                          const View<double>& c) const {
    const Index size = std::max<Index>(pieces(pieces(c.rows, Index(2) * workers_), 64) * 64, 64);
    Executor::for_each(workers_, pieces(c.rows, size), [&](Index t, int worker) {
      const Index at = t * size;
      const View<double> part = c.block(at, 0, std::min(size, c.rows - at), c.cols);
      as_eigen(part).setZero();
      gemm<op, Op::plain>(factor, rows_of<op>(x, at, part.rows), b, part, buffers_[worker]);
    });
  }

  /// y^T y in double, for narrow y; on the calling thread.
  detail::Small gram(const View<const T>& y) const {
    detail::Small g = detail::Small::Zero(y.cols, y.cols);
    gemm<Op::transposed, Op::plain>(1.0, y, y, View<double>(g.data(), y.cols, y.cols), buffers_[0]);
    return g;
  }

  /// Entries +1 and -1, each with probability 1/2.
  static void fill_signs(std::uint64_t seed, const View<T>& x) {
    std::uint64_t counter = 0;
    for (Index j = 0; j < x.cols; ++j) {
      for (Index i = 0; i < x.rows; i += 64) {
        std::uint64_t bits = detail::random_bits(seed, counter++);
        for (Index l = i; l < std::min(x.rows, i + 64); ++l, bits >>= 1U) {
          x.data[l + j * x.stride] = (bits & 1U) != 0 ? T(1) : T(-1);
        }
      }
    }
  }

  /// Independent standard normal entries (Box and Muller 1958).
  static void fill_gaussian(std::uint64_t seed, const View<T>& x) {
    constexpr Index half = 64;
    using Block = Eigen::Array<T, half, 1>;
    std::uint64_t counter = 0;
    Eigen::Array<T, 2 * half, 1> normal;
    Index used = 2 * half;
    for (Index j = 0; j < x.cols; ++j) {
      for (Index i = 0; i < x.rows; ++i) {
        if (used == 2 * half) {
          Block u, v;  // uniform in (0, 1]
          for (Index l = 0; l < half; ++l) {
            const std::uint64_t bits = detail::random_bits(seed, counter++);
            u(l) = static_cast<T>(static_cast<double>((bits >> 32U) + 1) * 0x1p-32);
            v(l) = static_cast<T>(static_cast<double>((bits & 0xffffffffU) + 1) * 0x1p-32);
          }
          const Block radius = (T(-2) * u.log()).sqrt();
          const Block angle = T(6.283185307179586) * v;
          normal.template head<half>() = radius * angle.cos();
          normal.template tail<half>() = radius * angle.sin();
          used = 0;
        }
        x.data[i + j * x.stride] = normal(used++);
      }
    }
  }

 private:
  static constexpr Index sweep_cols = 32;

  static Index pieces(Index extent, Index piece) { return (extent + piece - 1) / piece; }

  Products products_;
  int workers_;
  Magnitude* partial_ = nullptr;
  T* small_ = nullptr;
  GemmBuffers<double>* buffers_ = nullptr;
};

}  // namespace pion::engine
