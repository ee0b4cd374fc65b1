// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min_element, std::nth_element
#include <cmath>      // std::floor, std::sqrt
#include <limits>
#include <string>

#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/formulas.hpp>

/// What may be done to the momentum before a rule sees it: parts without a memory, for a Sequence
/// behind a momentum form.
namespace pion::optimizer {

/// Replaces each entry by its sign, 0 by 0 (AdaMuon). The result may lack full rank.
struct Sign {
  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* /*own*/, StepContext<T>& /*at*/) const {
    for (Index j = 0; j < x.cols; ++j) {
      T* const column = x.data + j * x.stride;
      for (Index i = 0; i < x.rows; ++i) column[i] = formulas::SignOf{}(column[i]);
    }
  }
  std::string signature() const { return "Sign"; }
};

/// Clips each entry to [-l, l] with l the `share` quantile of all |entries|, plus `floor` (ROOT).
/// The quantile is interpolated linearly at share (N - 1) of the N ordered entries.
struct ClipAtQuantile {
  double share = 0.9;
  double floor = 1e-9;

  void require_valid() const {
    detail::require_share("ClipAtQuantile: share", share);
    detail::require_nonnegative("ClipAtQuantile: floor", floor);
  }
  std::string signature() const { return detail::signature("ClipAtQuantile", {{"share", share}}); }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* /*own*/, StepContext<T>& at) const {
    detail::Arena counting;
    counting.take<T>(x.size());
    detail::Arena arena(at.scratch, counting.used());
    T* const sizes = arena.take<T>(x.size());
    auto matrix = engine::as_eigen(x);
    engine::as_eigen(engine::View<T>(sizes, x.rows, x.cols)) = matrix.cwiseAbs();
    const double place = share * static_cast<double>(x.size() - 1);
    const auto below = static_cast<Index>(std::floor(place));
    T* const end = sizes + x.size();
    std::nth_element(sizes, sizes + below, end);
    T limit = sizes[below];
    if (below + 1 < x.size()) {
      const T above = *std::min_element(sizes + below + 1, end);
      limit += static_cast<T>(place - std::floor(place)) * (above - limit);
    }
    limit += static_cast<T>(floor);
    for (Index j = 0; j < x.cols; ++j) {
      for (Index i = 0; i < x.rows; ++i) matrix(i, j) = formulas::clipped(matrix(i, j), limit);
    }
  }
};

/// Takes the mean from each row and divides the row by its standard deviation, over all its entries
/// (SWAN). A constant row becomes 0. The rank falls by one where cols <= rows.
struct StandardizeRows {
  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* /*own*/, StepContext<T>& /*at*/) const {
    auto matrix = engine::as_eigen(x);
    for (Index i = 0; i < x.rows; ++i) {
      auto row = matrix.row(i);
      const T largest = row.cwiseAbs().maxCoeff();
      if (largest == T(0)) continue;
      row /= largest;  // squares of small numbers would vanish, those of large ones overflow
      row.array() -= row.mean();
      const T deviation = std::sqrt(row.squaredNorm() / static_cast<T>(x.cols));
      // What the mean leaves of a constant row is rounding.
      const T rounding = static_cast<T>(x.cols) * std::numeric_limits<T>::epsilon();
      if (deviation > rounding) {
        row /= deviation;
      } else {
        row.setZero();
      }
    }
  }
  std::string signature() const { return "StandardizeRows"; }
};

}  // namespace pion::optimizer
