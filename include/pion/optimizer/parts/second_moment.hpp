// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::sqrt
#include <string>

#include <pion/detail/host_device.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>

namespace pion::optimizer {

/// Says what one number of a second moment is the mean of.
enum class Granularity {
  element,    ///< Each entry has its own.
  row,        ///< A row has one, the mean over its entries.
  column,     ///< A column has one.
  long_side,  ///< A row where rows >= cols, else a column.
};

/// Says where an epsilon keeps a root from 0.
enum class Epsilon {
  outside,  ///< sqrt(v) + epsilon
  inside,   ///< sqrt(v + epsilon)
  clamp,    ///< sqrt(max(v, epsilon))
};

/// Says how large a direction is after it was divided.
enum class Renormalize {
  none,  ///< As it comes.
  norm,  ///< It keeps its Frobenius norm.
  rms,   ///< Its root mean square becomes SecondMoment::rms.
};

/// Divides a direction by the root of a running mean of its squares, and sets its size again
/// (NorMuon, Li et al. 2025; AdaMuon, Si et al. 2025):
///
///   v <- beta v + (1 - beta) mean(O^2);  A = O / (sqrt(v) + epsilon);  O <- A ||O|| / ||A||
///
/// It stands behind a rule in a Sequence. It remembers one number for each entry, row or column.
/// There is no correction of the zero start: the common factor 1 - beta^t goes when the size is set
/// again. A row moment does nothing behind an exact orthogonalisation of a matrix of full rank that
/// is wide or square: its rows all have the norm 1.
struct SecondMoment {
  Granularity granularity = Granularity::row;  ///< What one number is remembered for.
  double beta = 0.95;
  double epsilon = 1e-10;
  Epsilon epsilon_at = Epsilon::outside;        ///< Where epsilon is added.
  Renormalize renormalize = Renormalize::norm;  ///< How the size is set again.
  double rms = 0.2;                             ///< With Renormalize::rms.
  double norm_epsilon = 1e-10;                  ///< Added to the norm that is divided by.

  static constexpr int buffers = 1;
  BufferShape buffer(int /*i*/, Index rows, Index cols) const {
    if (granularity == Granularity::element) return {"second_moment", rows, cols};
    return by_rows(rows, cols) ? BufferShape{"row_moment", rows, 1}
                               : BufferShape{"column_moment", cols, 1};
  }
  void require_valid() const {
    detail::require_fraction("SecondMoment: beta", beta);
    detail::require_nonnegative("SecondMoment: epsilon", epsilon);
    detail::require_nonnegative("SecondMoment: rms", rms);
    detail::require_nonnegative("SecondMoment: norm_epsilon", norm_epsilon);
  }
  std::string signature() const {
    static constexpr const char* names[] = {"element", "row", "column", "long side"};
    return std::string("SecondMoment of ") + names[static_cast<int>(granularity)] +
           detail::signature("", {{"beta", beta}});
  }

  /// The running mean after a step that saw the mean square `square`.
  template <class T>
  PION_HOST_DEVICE T next(T v, T square) const {
    return static_cast<T>(beta) * v + static_cast<T>(1.0 - beta) * square;
  }
  /// What an entry with that running mean is divided by.
  template <class T>
  PION_HOST_DEVICE T divisor(T v) const {
    using std::sqrt;
    const auto e = static_cast<T>(epsilon);
    switch (epsilon_at) {
      case Epsilon::inside: return sqrt(v + e);
      case Epsilon::clamp: return sqrt(v > e ? v : e);
      case Epsilon::outside: break;
    }
    return sqrt(v) + e;
  }
  /// What the divided direction is multiplied by, from the norms before and after.
  PION_HOST_DEVICE double factor(double before, double after, double entries) const {
    using std::sqrt;
    if (renormalize == Renormalize::none || after == 0.0) return 1.0;
    const double size = renormalize == Renormalize::norm ? before : rms * sqrt(entries);
    return size / (after + norm_epsilon);
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& /*at*/) const {
    auto o = engine::as_eigen(x);
    const double before = detail::norm_of(x);
    if (granularity == Granularity::element) {
      auto v = engine::as_eigen(own[0].values);
      for (Index j = 0; j < x.cols; ++j) {
        for (Index i = 0; i < x.rows; ++i) {
          v(i, j) = next(v(i, j), o(i, j) * o(i, j));
          o(i, j) = quotient(o(i, j), v(i, j));
        }
      }
    } else if (by_rows(x.rows, x.cols)) {
      T* const v = own[0].values.data;
      for (Index i = 0; i < x.rows; ++i) {
        v[i] = next(v[i], o.row(i).squaredNorm() / static_cast<T>(x.cols));
        for (Index j = 0; j < x.cols; ++j) o(i, j) = quotient(o(i, j), v[i]);
      }
    } else {
      T* const v = own[0].values.data;
      for (Index j = 0; j < x.cols; ++j) {
        v[j] = next(v[j], o.col(j).squaredNorm() / static_cast<T>(x.rows));
        for (Index i = 0; i < x.rows; ++i) o(i, j) = quotient(o(i, j), v[j]);
      }
    }
    o *= static_cast<T>(factor(before, detail::norm_of(x), static_cast<double>(x.size())));
  }

 private:
  bool by_rows(Index rows, Index cols) const {
    return granularity == Granularity::row ||
           (granularity == Granularity::long_side && rows >= cols);
  }
  /// 0 / 0, of an entry that has always been 0, is 0.
  template <class T>
  PION_HOST_DEVICE T quotient(T o, T v) const {
    const T root = divisor(v);
    return root > T(0) ? o / root : T(0);
  }
};

}  // namespace pion::optimizer
