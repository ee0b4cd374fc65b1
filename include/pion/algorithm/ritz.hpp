// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::max, std::min
#include <cmath>      // std::isfinite, std::sqrt
#include <cstdint>    // std::uint64_t
#include <limits>

#include <pion/algorithm/basis_errors.hpp>
#include <pion/algorithm/long_side.hpp>
#include <pion/algorithm/orthonormalize.hpp>
#include <pion/algorithm/small_matrices.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::algorithm {

/// Computes the singular triplets of Q Q^T A for a basis Q of few columns and A = x / ||x||_F, x m
/// x n: a block power iteration with a Rayleigh-Ritz step (Halko, Martinsson and Tropp 2011, alg.
/// 4.4 and 5.1).
///
/// All that is done with x is the sweep z = x^T q, y = x z, which reads x once. In the scalar of x
/// it is a power step for Q; in double it gives the triplets, their distance from A's, and the next
/// basis. x and the narrow matrices, which have m or n rows and Q's columns, lie where the kernels
/// work (engine/tall_skinny.hpp). Small matrices have Q's columns as rows; they and numbers are the
/// host's.
template <class Kernels, class T>
class Ritz {
  using View = engine::View<T>;
  using Wide = engine::View<double>;
  using Long = LongSide<Kernels, T>;
  using LongWide = LongSide<Kernels, double>;
  using Source = typename Kernels::Source;

 public:
  /// With room for `capacity` columns, and for small matrices in `small`.
  Ritz(detail::Arena& arena, const Kernels& kernels, const SmallMatrices& small_matrices, Index m,
       Index n, Index capacity)
      : small_(small_matrices),
        capacity_(capacity),
        basis_(arena.take<T>(m * capacity), m, capacity),
        left_(arena.take<T>(m * capacity), m, capacity),
        right_(Long::at(kernels, arena.take<T>(Long::rows(kernels, n) * capacity), n, capacity)),
        image_(LongWide::at(kernels, arena.take<double>(Long::rows(kernels, n) * capacity), n,
                            capacity)),
        product_(arena.take<double>(m * capacity), m, capacity),
        scratch_(arena.take<double>((std::max)(m, Long::rows(kernels, n)) * capacity), m,
                 capacity) {}

  Index capacity() const { return capacity_; }  ///< The most columns of Q.

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

  /// Computes the triplets from Q and Z = A^T Q, by two small matrices. C makes Q orthonormal:
  /// (Q C)^T (Q C) = I. The eigenvectors W of (Z C)^T (Z C) = W S^2 W^T then give U = Q C W and V =
  /// Z C W S^-1: U is orthonormal and A^T U = V S, but for double's rounding. False where there are
  /// no triplets.
  bool decompose(const Kernels& kernels);

  Index found() const { return sigma_.size(); }
  View left(Index count) const { return first(left_, count); }       ///< U, m x count
  auto right(Index count) const { return first(right_, count); }     ///< V, n x count
  const detail::SmallVector& sigma() const { return sigma_; }        ///< S, descending
  double left_error() const { return left_errors_.error(found()); }  ///< ||U^T U - I||_F
  /// ||V^T V - I||_F of the first `count`.
  double right_error(Index count) const { return right_errors_.error(count); }

  /// ||A V - U S||_F of the triplets from..to, U as it is stored, and what rounding may have made
  /// of A V, which is a combination of larger columns.
  double residual(const Kernels& kernels, Index from, Index to) const {
    const Index count = to - from;
    return kernels.distance(scratch_.block(0, from, left_.rows, count),
                            left_.block(0, from, left_.rows, count), sigma_.segment(from, count)) +
           product_rounding() * std::sqrt(right_errors_.growth(to));
  }

  /// What double's rounding makes of a sum of m or n products, relative to the norms of the
  /// factors: as is likely, twice the size of a random walk of that many roundings.
  double product_rounding() const {
    return 2.0 * std::numeric_limits<double>::epsilon() *
           std::sqrt(static_cast<double>(x_.rows + x_.cols));
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
  const SmallMatrices& small_matrices() const { return small_; }  ///< The host's memory for them.
  double multiply_adds() const { return work_; }                  ///< With x, since begin().
  /// Adds the cost of a product of x with so many columns.
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
    orthonormalize(kernels, small_, y, other);
    columns_ = y.cols;
    if (y.data != basis_.data) kernels.copy(y, first(basis_, columns_));
  }

  detail::SmallVector sigma_;
  BasisErrors<Kernels> left_errors_, right_errors_;
  SmallMatrices small_;
  Index capacity_;
  View basis_;                     // Q
  View left_;                      // U; in a power step A A^T Q
  typename Long::View right_;      // V; in a power step A^T Q
  typename LongWide::View image_;  // x^T Q
  Wide product_;                   // x x^T Q
  Wide scratch_;                   // in the end A V; its memory has room for V too

  Source x_;
  double norm_ = 0.0, unit_ = 0.0;
  double work_ = 0.0;
  Index columns_ = 0;
};

template <class Kernels, class T>
bool Ritz<Kernels, T>::decompose(const Kernels& kernels) {
  using Op = engine::Op;
  using detail::Small;
  const Index k = columns_;
  const View q = first(basis_, k);
  const auto z = first(image_, k);
  const Wide y = first(product_, k);
  double norm = norm_;
  kernels.sweep(1.0, x_, q, z, y, norm_ > 0.0 ? nullptr : &norm);
  count(2 * k);
  set_norm(norm);
  sigma_.resize(0);
  if (!(unit_ > 0.0)) return false;

  Small q_gram = small_.at(0, k, k), z_gram = small_.at(1, k, k);
  kernels.gram(q, q_gram);
  kernels.gram(z, z_gram);
  z_gram *= unit_ * unit_;
  Small given = small_.at(3, k, k);
  given = q_gram;
  const Index independent = orthonormalizer(
      small_.eigen(), given, std::numeric_limits<double>::epsilon(), small_.at(2, k, k));
  if (independent == 0) return false;
  {
    const Small c = small_.at(2, k, independent), product = small_.at(3, k, independent);
    const Small projected = small_.at(4, independent, independent);
    small_.multiply(z_gram, c, product);
    small_.template multiply<Op::transposed, Op::plain>(c, product, projected);
    small_.eigen().compute(projected);
  }
  sigma_ = small_.eigen().values().cwiseMax(0.0).cwiseSqrt();
  // The rounding of z_gram, about epsilon sigma_1^2, is more than 1e-8 of the square of a smaller
  // sigma: such a triplet cannot be told from rounding and is left out. What is left out is not
  // found: it counts as unseen.
  constexpr double least = 1e-4;
  const Index found = (sigma_.array() > least * sigma_(0)).count();
  sigma_.conservativeResize(found);
  if (found == 0) return false;

  Small c = small_.at(3, k, found);
  {
    Small vectors = small_.at(4, independent, found);
    small_.eigen().leading_vectors(vectors);
    small_.multiply(small_.at(2, k, independent), vectors, c);
  }
  const Wide left = scratch_.block(0, 0, left_.rows, found);
  kernels.multiply_in_double(q, c, left);
  left_errors_.measure(kernels, small_, q_gram, c, left, product_rounding(),
                       small_.at(2, found, found));
  kernels.copy(left, first(left_, found));
  c.array().rowwise() /= sigma_.transpose().array();
  Small scaled = small_.at(2, k, found);
  scaled = c * unit_;
  const auto right = LongWide::at(kernels, scratch_.data, right_.rows, found);
  kernels.multiply_in_double(z, scaled, right);
  right_errors_.measure(kernels, small_, z_gram, c, right, product_rounding(),
                        small_.at(0, found, found));
  kernels.copy(right, first(right_, found));
  scaled *= unit_;
  kernels.multiply_in_double(y, scaled, left);
  return true;
}

}  // namespace pion::algorithm
