// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::fill_n, std::max, std::min
#include <cmath>      // std::sqrt
#include <numeric>    // std::accumulate

#include <pion/engine/squares.hpp>
#include <pion/engine/sweep_kernels.hpp>
#include <pion/engine/sweep_large_kernels.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::engine {
inline namespace PION_SETTINGS {

/// Computes z = factor x^T q and y = factor x z for a large m x n matrix x and narrow q, z, y, and
/// reads x once. It is a step of the power iteration with x x^T, in half the passes over memory
/// that two products take.
///
/// x is cut into parts of columns, each with a sum of its own for y, and a part into panels that
/// stay in L2 between the two products.
///
/// Determinism: bitwise the same for every number of workers, for the parts depend on n alone.
template <class Executor>
class Sweep {
 public:
  Sweep(detail::Arena& arena, Index m, Index n)
      : workers_(Executor::workers()),
        part_(detail::round_up(std::clamp<Index>(n / 8, 96, 264), panel)),
        parts_(pieces(n, part_)),
        rows_(detail::round_up(m, detail::sweep_rows)),
        basis_(arena.take<double>(rows_ * most)),
        sums_(arena.take<double>(parts_ * rows_ * most)),
        images_(arena.take<double>(workers_ * panel * most)),
        squares_(arena.take<double>(parts_)) {}

  /// Computes both in the scalar S of z and y, whatever those of x and q. y must not overlap q.
  /// Where `norm` is not null it becomes ||x||_F, which frobenius_norm() sums in another order.
  template <class S, class T, class Q>
  void multiply(double factor, const View<const T>& x, const View<const Q>& q, const View<S>& z,
                const View<S>& y, double* norm = nullptr) const {
    using detail::PacketsOfLarge, detail::PacketsOfNarrow;
    constexpr Index lanes = detail::Register<S>::lanes, packets = detail::Blocking<S>::packets;
    for (Index l = 0; l < q.cols; l += packets * lanes, norm = nullptr) {
      const Index width = (std::min)(packets * lanes, q.cols - l);
      const Few<T, Q, S> few{static_cast<S>(factor),       x,
                             q.block(0, l, q.rows, width), z.block(0, l, z.rows, width),
                             y.block(0, l, y.rows, width), norm};
      if (width <= 4) {
        multiply<PacketsOfLarge<4, S>>(few);
      } else if (width <= 6) {
        multiply<PacketsOfLarge<6, S>>(few);
      } else if (width <= 8) {
        multiply<PacketsOfLarge<8, S>>(few);
      } else if (width <= lanes) {
        multiply<PacketsOfNarrow<1, S>>(few);
      } else if (width <= 2 * lanes) {
        multiply<PacketsOfNarrow<2, S>>(few);
      } else if constexpr (packets > 2) {
        if (width <= 3 * lanes) {
          multiply<PacketsOfNarrow<3, S>>(few);
        } else {
          multiply<PacketsOfNarrow<4, S>>(few);
        }
      }
    }
  }

 private:
  static constexpr Index panel = detail::sweep_panel;
  /// Room for a row of the widest q at once, in doubles.
  static constexpr Index most = std::max<Index>(8, detail::Blocking<double>::rows);

  /// As many columns of q as a kernel takes.
  template <class T, class Q, class S>
  struct Few {
    S factor;
    View<const T> x;
    View<const Q> q;
    View<S> z, y;
    double* norm;
  };

  static Index pieces(Index extent, Index piece) { return (extent + piece - 1) / piece; }

  template <class Kernel, class T, class Q, class S>
  void multiply(const Few<T, Q, S>& f) const {
    constexpr Index width = Kernel::width;
    S* const basis = reinterpret_cast<S*>(basis_);
    Kernel::lay(f.q, basis, rows_);
    const auto sum_of = [this](Index part) {
      return reinterpret_cast<S*>(sums_) + part * rows_ * width;
    };
    Executor::for_each(workers_, parts_, [&](Index part, int worker) {
      S* const sum = sum_of(part);
      std::fill_n(sum, rows_ * width, S(0));
      double& squares = squares_[part] = 0.0;
      const Index end = (std::min)(f.x.cols, (part + 1) * part_);
      for (Index j = part * part_; j < end; j += panel) {
        const auto x = f.x.block(0, j, f.x.rows, (std::min)(panel, end - j));
        const View<S> image(reinterpret_cast<S*>(images_ + worker * panel * most), width, panel);
        if (f.norm != nullptr) squares += detail::sum_of_squares(x);
        as_eigen(image).setZero();
        Kernel::into_image(x, basis, rows_, image.data);
        as_eigen(image) *= f.factor;
        as_eigen(f.z.block(j, 0, x.cols, f.z.cols)) =
            as_eigen(image.block(0, 0, f.z.cols, x.cols)).transpose();
        Kernel::into_sum(x, image.data, sum, rows_);
      }
    });
    if (f.norm != nullptr) *f.norm = std::sqrt(std::accumulate(squares_, squares_ + parts_, 0.0));
    constexpr Index some = 512;
    Executor::for_each(workers_, pieces(f.y.rows, some), [&](Index t, int /*worker*/) {
      const Index i = t * some, rows = (std::min)(some, f.y.rows - i);
      const View<S> total = Kernel::rows_of(sum_of(0), i, rows, rows_);
      for (Index part = 1; part < parts_; ++part) {
        as_eigen(total) += as_eigen(Kernel::rows_of(sum_of(part), i, rows, rows_));
      }
      Kernel::store(f.factor, total, f.y.block(i, 0, rows, f.y.cols));
    });
  }

  int workers_;
  Index part_, parts_, rows_;
  double* basis_;    // q, as the kernels want it
  double* sums_;     // y of each part
  double* images_;   // z of a panel, for each worker
  double* squares_;  // sum of x's in each part
};

}  // namespace PION_SETTINGS
}  // namespace pion::engine
