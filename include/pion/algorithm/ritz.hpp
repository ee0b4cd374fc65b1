// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::max, std::min
#include <cstdint>    // std::uint64_t
#include <limits>

#include <pion/algorithm/orthonormalize.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::algorithm {

/// The singular triplets of Q Q^T A for a basis Q of few columns and A = x / ||x||_F, x m x n: a
/// block power iteration with a Rayleigh-Ritz step (Halko, Martinsson and Tropp 2011, alg. 4.4 and
/// 5.1).
///
/// All that is done with x is the sweep z = x^T q, y = x z. In the scalar of x it is a power step
/// for Q; in double it gives the triplets, how far they are from A's, and the next basis besides. x
/// and the narrow matrices lie where the kernels work (engine/tall_skinny.hpp); numbers, and
/// matrices of the size of Q's columns, are the host's.
template <class Kernels, class T>
class Ritz {
  using View = engine::View<T>;
  using Wide = engine::View<double>;
  using Source = typename Kernels::Source;

 public:
  /// With room for `capacity` columns.
  Ritz(detail::Arena& arena, Index m, Index n, Index capacity)
      : capacity_(capacity),
        basis_(arena.take<T>(m * capacity), m, capacity),
        left_(arena.take<T>(m * capacity), m, capacity),
        right_(arena.take<T>(n * capacity), n, capacity),
        image_(arena.take<double>(n * capacity), n, capacity),
        product_(arena.take<double>(m * capacity), m, capacity),
        scratch_(arena.take<double>((std::max)(m, n) * capacity), (std::max)(m, n), capacity) {}

  Index capacity() const { return capacity_; }

  /// \param norm  ||x||_F > 0, whose square is within T's range; or 0, to be found by decompose().
  void begin(const Source& x, double norm) {
    x_ = x;
    columns_ = 0;
    work_ = 0.0;
    set_norm(norm);
  }

  // --- the basis

  Index columns() const { return columns_; }  ///< Of Q.

  /// Q <- some columns, as they are.
  void start_from(const Kernels& kernels, const engine::View<const T>& basis) {
    columns_ = (std::min)(basis.cols, capacity_);
    kernels.copy(basis.block(0, 0, basis.rows, columns_), first(basis_, columns_));
  }

  /// Gives Q random columns, up to `columns` in all. They are orthonormal only after a power step.
  void grow(const Kernels& kernels, Index columns, std::uint64_t seed) {
    columns = std::clamp(columns, std::max<Index>(columns_, 1), capacity_);
    kernels.fill_signs(seed, basis_.block(0, columns_, basis_.rows, columns - columns_));
    columns_ = columns;
  }

  /// Q <- an orthonormal basis of A A^T Q.
  void power_step(const Kernels& kernels) {
    kernels.sweep(unit_, x_, first(basis_, columns_), first(right_, columns_),
                  first(left_, columns_));
    count(2 * columns_);
    orthonormalize_left(kernels);
  }

  /// The same after decompose(), without another sweep.
  void step_on(const Kernels& kernels) {
    kernels.scaled_copy(unit_ * unit_, first(product_, columns_), first(left_, columns_));
    orthonormalize_left(kernels);
  }

  // --- the triplets

  /// With (Q C)^T (Q C) = I and (Z C)^T (Z C) = W S^2 W^T for Z = A^T Q: U = Q C W, V = Z C W / S.
  /// So U is orthonormal and A^T U = V S but for double's rounding. False where there are none.
  bool decompose(const Kernels& kernels);

  Index found() const { return sigma_.size(); }
  View left(Index count) const { return first(left_, count); }    ///< U, m x count
  View right(Index count) const { return first(right_, count); }  ///< V, n x count
  const detail::SmallVector& sigma() const { return sigma_; }     ///< S, descending
  double left_error() const { return left_error_; }               ///< ||U^T U - I||_F
  /// ||V^T V - I||_F of the first `count`.
  double right_error(Index count) const { return count > 0 ? right_error_(count - 1) : 0.0; }

  /// ||A V - U S||_F of the triplets from..to, U as it is stored.
  double residual(const Kernels& kernels, Index from, Index to) const {
    const Index count = to - from;
    return kernels.distance(scratch_.block(0, from, left_.rows, count),
                            left_.block(0, from, left_.rows, count), sigma_.segment(from, count));
  }

  /// A V of the first `count` triplets: their U a power step on. It takes the place of Q.
  View stepped_left(const Kernels& kernels, Index count) {
    const View to = first(basis_, count);
    kernels.copy(scratch_.block(0, 0, left_.rows, count), to);
    return to;
  }

  double norm() const { return norm_; }  ///< ||x||_F
  double unit() const { return unit_; }  ///< Its inverse; 0 where there is none.
  const Source& x() const { return x_; }
  double multiply_adds() const { return work_; }  ///< With x, since begin().
  void count(Index columns) {
    work_ +=
        static_cast<double>(x_.rows) * static_cast<double>(x_.cols) * static_cast<double>(columns);
  }

  /// Numbers in m rows that nothing needs any more once the triplets are found.
  View scratch() const { return {reinterpret_cast<T*>(product_.data), left_.rows, capacity_}; }

 private:
  template <class V>
  static V first(const V& v, Index cols) {
    return v.block(0, 0, v.rows, cols);
  }

  void set_norm(double norm) {
    norm_ = norm;
    unit_ = norm > 0.0 && detail::is_finite(norm) ? 1.0 / norm : 0.0;
  }

  /// Q <- an orthonormal basis of the columns of left_.
  void orthonormalize_left(const Kernels& kernels) {
    View y = first(left_, columns_), other = first(basis_, columns_);
    orthonormalize(kernels, y, other);
    columns_ = y.cols;
    if (y.data != basis_.data) kernels.copy(y, first(basis_, columns_));
  }

  detail::SmallVector sigma_;
  detail::SmallVector right_error_;
  Index capacity_;
  View basis_;            // Q
  View left_, right_;     // U, V; in a power step A A^T Q, A^T Q
  Wide image_, product_;  // x^T Q, x x^T Q
  Wide scratch_;          // in the end A V

  Source x_;
  double norm_ = 0.0, unit_ = 0.0;
  double left_error_ = 0.0;
  double work_ = 0.0;
  Index columns_ = 0;
};

template <class Kernels, class T>
bool Ritz<Kernels, T>::decompose(const Kernels& kernels) {
  const View q = first(basis_, columns_);
  const Wide z = first(image_, columns_), y = first(product_, columns_);
  double norm = norm_;
  kernels.sweep(1.0, x_, q, z, y, norm_ > 0.0 ? nullptr : &norm);
  count(2 * columns_);
  set_norm(norm);
  sigma_.resize(0);
  if (!(unit_ > 0.0)) return false;

  const detail::Small q_gram = kernels.gram(q);
  detail::Small z_gram = kernels.gram(z);
  z_gram *= unit_ * unit_;
  detail::Small c = orthonormalizer(q_gram, std::numeric_limits<double>::epsilon());
  if (c.cols() == 0) return false;
  const detail::SymmetricEigen eigen(detail::Small(c.transpose() * z_gram * c));
  sigma_ = eigen.values.cwiseMax(0.0).cwiseSqrt();
  // What is smaller has lost to rounding, in z_gram, what would make its V orthonormal.
  constexpr double least = 1e-4;
  const Index found = (sigma_.array() > least * sigma_(0)).count();
  sigma_.conservativeResize(found);
  if (found == 0) return false;

  c = (c * eigen.vectors.leftCols(found)).eval();
  const detail::Small identity = detail::Small::Identity(found, found);
  left_error_ = (c.transpose() * q_gram * c - identity).norm();
  const Wide left = scratch_.block(0, 0, left_.rows, found);
  kernels.multiply_in_double(q, c, left);
  kernels.copy(left, first(left_, found));
  c *= sigma_.cwiseInverse().asDiagonal();
  const detail::Small right_error = c.transpose() * z_gram * c - identity;
  right_error_.resize(found);
  for (Index k = 0; k < found; ++k) {
    right_error_(k) = right_error.topLeftCorner(k + 1, k + 1).norm();
  }
  c *= unit_;
  const Wide right = scratch_.block(0, 0, right_.rows, found);
  kernels.multiply_in_double(z, c, right);
  kernels.copy(right, first(right_, found));
  c *= unit_;
  kernels.multiply_in_double(y, c, left);
  return true;
}

}  // namespace pion::algorithm
