// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::exp, std::isnan, std::log, std::log1p, std::pow, std::sqrt
#include <cstdint>    // std::uint64_t
#include <limits>
#include <utility>  // std::swap

#include <pion/algorithm/certificate.hpp>
#include <pion/algorithm/long_side.hpp>
#include <pion/algorithm/subspace_options.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::algorithm {

/// Bounds what an orthonormal basis Q leaves out of A = unit x, E = (I - Q Q^T) A, by probes:
/// columns W of independent Gaussian entries. From the size of (E E^T)^j W follows a bound of
/// ||E||_2 (spectral_bound()). `count` is the number of W's columns.
template <class Kernels, class T>
class Probes {
  using View = engine::View<T>;
  using Long = LongSide<Kernels, T>;

 public:
  static constexpr Index count = probe_columns;

  /// For an m x n matrix and bases of up to `capacity` directions.
  Probes(detail::Arena& arena, const Kernels& kernels, Index m, Index n, Index capacity)
      : w_(arena.take<T>(m * count), m, count),
        image_(Long::at(kernels, arena.take<T>(Long::rows(kernels, n) * count), n, count)),
        product_(arena.take<T>(m * count), m, count),
        overlap_(arena.take<T>(capacity * count), capacity, count) {}

  /// Draws W, and brings j to 1.
  template <class Source>
  void draw(const Kernels& kernels, std::uint64_t seed, double unit, const Source& x,
            const View& q) {
    kernels.fill_gaussian(seed, w_);
    project(kernels, q);
    powers_ = 0;
    log_size_ = 0.0;
    sharpen(kernels, unit, x, q);
  }

  /// Brings j to j + 1, for 4 m n `count` flops. The probes themselves are kept at size 1.
  template <class Source>
  void sharpen(const Kernels& kernels, double unit, const Source& x, const View& q) {
    kernels.sweep(unit, x, w_, image_, product_);
    std::swap(w_, product_);
    project(kernels, q);
    ++powers_;
    const double size = kernels.norm(w_);
    if (size > 0.0) kernels.scale(1.0 / size, w_);
    log_size_ += std::log(size);
  }

  int powers() const { return powers_; }  ///< How often W has been multiplied by E E^T: j above.

  /// A bound of ||E||_2 that fails with probability at most `failure`; or what it is likely to be
  /// if directions of these `sigma` were left out too: each adds `count` sigma^(4j) to the square
  /// of the size, on average. It is never below what rounding in T makes of a sweep with A, four
  /// times the size of a random walk: a smaller E cannot be told from that.
  template <class Values>
  double bound(double failure, const Values& sigma) const {
    const double more = static_cast<double>(count) * sigma.array().pow(4.0 * powers_).sum();
    // log hypot(size, root(more)) by the logarithms, for the size itself may be too small a number.
    const double log_more = 0.5 * std::log(more), larger = (std::max)(log_size_, log_more);
    const double log_both =
        larger + 0.5 * std::log1p(std::exp(2.0 * ((std::min)(log_size_, log_more) - larger)));
    const double rounding = 2.0 * static_cast<double>(std::numeric_limits<T>::epsilon()) *
                            std::sqrt(static_cast<double>(w_.rows + image_.rows));
    return (std::max)(rounding,
                      spectral_bound(log_both, 2 * powers_, static_cast<int>(count), failure));
  }

  /// Estimates ||E||_2 from below: sharpening will hardly bring the bound under this. If all
  /// singular values of E were as large as the largest, ||(E E^T)^j W||_F would be about
  /// ||E||_2^(2j) ||W||_F, and ||W||_F is about the root of the number of W's entries.
  double least() const {
    const double entries = static_cast<double>(count * w_.rows);
    return std::exp((log_size_ - 0.5 * std::log(entries)) / (2 * powers_));
  }

 private:
  /// w <- (I - Q Q^T) w.
  void project(const Kernels& kernels, const View& q) {
    using Op = engine::Op;
    const View overlap = overlap_.block(0, 0, q.cols, count);
    kernels.template multiply<Op::transposed, Op::plain>(q, w_, overlap);
    kernels.multiply(q, overlap, product_);
    kernels.subtract(product_, w_);
  }

  View w_;
  typename Long::View image_;
  View product_, overlap_;
  int powers_ = 0;         // j
  double log_size_ = 0.0;  // log ||(E E^T)^j W||_F
};

}  // namespace pion::algorithm
