// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // std::exp, std::log, std::pow, std::sqrt
#include <cstdint>  // std::uint64_t
#include <utility>  // std::swap

#include <pion/algorithm/certificate.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::algorithm {

/// Columns of W in Probes.
inline constexpr Index probe_columns = 16;

/// Gaussian probes of what an orthonormal basis Q leaves out of A = unit x, E = (I - Q Q^T) A: from
/// the size of (E E^T)^j W, W of independent Gaussian columns, follows a bound of ||E||_2.
template <class Kernels, class T>
class Probes {
  using View = engine::View<T>;

 public:
  static constexpr Index count = probe_columns;

  /// For an m x n matrix and bases of up to `capacity` directions.
  Probes(detail::Arena& arena, Index m, Index n, Index capacity)
      : w_(arena.take<T>(m * count), m, count),
        image_(arena.take<T>(n * count), n, count),
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

  int powers() const { return powers_; }

  /// A bound of ||E||_2 that fails with probability at most `failure`; or what it is likely to be
  /// if directions of these `sigma` were left out too: each adds `count` sigma^(4j) to the square
  /// of the size, on average.
  template <class Values>
  double bound(double failure, const Values& sigma) const {
    const double more = static_cast<double>(count) * sigma.array().pow(4.0 * powers_).sum();
    return spectral_bound(0.5 * std::log(std::exp(2.0 * log_size_) + more), 2 * powers_,
                          static_cast<int>(count), failure);
  }

  /// What no sharpening will bring the bound below, most likely: if all that is left out is as
  /// large as its largest, ||(E E^T)^j W||_F is about ||E||_2^(2j) ||W||_F.
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

  View w_, image_, product_, overlap_;
  int powers_ = 0;         // j
  double log_size_ = 0.0;  // log ||(E E^T)^j W||_F
};

}  // namespace pion::algorithm
