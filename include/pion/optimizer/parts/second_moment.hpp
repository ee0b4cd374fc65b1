// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/formulas.hpp>

namespace pion::optimizer {

/// Says what one number of a second moment is the mean of.
enum class Granularity {
  element,    ///< Each entry has its own.
  row,        ///< A row has one, the mean over its entries.
  column,     ///< A column has one.
  long_side,  ///< A row where rows >= cols, else a column.
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

  /// The formulas, with this part's numbers.
  formulas::MeanSquare mean_square() const { return {beta, epsilon, epsilon_at}; }
  formulas::Resize resize() const { return {renormalize, rms, norm_epsilon}; }
  /// Whether a row has a number, rather than a column.
  bool by_rows(Index rows, Index cols) const {
    return granularity == Granularity::row ||
           (granularity == Granularity::long_side && rows >= cols);
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& /*at*/) const {
    auto o = engine::as_eigen(x);
    const formulas::MeanSquare mean = mean_square();
    const double before = detail::norm_of(x);
    if (granularity == Granularity::element) {
      auto v = engine::as_eigen(own[0].values);
      for (Index j = 0; j < x.cols; ++j) {
        for (Index i = 0; i < x.rows; ++i) {
          v(i, j) = mean.next(v(i, j), o(i, j) * o(i, j));
          o(i, j) = mean.quotient(o(i, j), v(i, j));
        }
      }
    } else if (by_rows(x.rows, x.cols)) {
      T* const v = own[0].values.data;
      for (Index i = 0; i < x.rows; ++i) {
        v[i] = mean.next(v[i], o.row(i).squaredNorm() / static_cast<T>(x.cols));
        for (Index j = 0; j < x.cols; ++j) o(i, j) = mean.quotient(o(i, j), v[i]);
      }
    } else {
      T* const v = own[0].values.data;
      for (Index j = 0; j < x.cols; ++j) {
        v[j] = mean.next(v[j], o.col(j).squaredNorm() / static_cast<T>(x.rows));
        for (Index i = 0; i < x.rows; ++i) o(i, j) = mean.quotient(o(i, j), v[j]);
      }
    }
    const double after = detail::norm_of(x);
    o *= static_cast<T>(resize().factor(before, after, static_cast<double>(x.size())));
  }
};

}  // namespace pion::optimizer
