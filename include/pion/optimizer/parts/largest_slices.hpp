// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min, std::partial_sort
#include <cmath>      // std::ceil, std::sqrt
#include <numeric>    // std::iota
#include <string>

#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/run_part.hpp>

namespace pion::optimizer {

/// Runs a rule on the rows or columns of the momentum that are largest (Dion2, 2025; with `moment`
/// NorDion2):
///
///   M <- M + G;  S = the k = ceil(fraction extent) slices of M of the largest sum of |entries|;
///   those slices of M <- decay M;  O = rule(S) in their places, 0 elsewhere.
///
/// Slices lie along rows where rows <= cols, else along columns; with a moment always along rows.
/// Of equal slices the first is taken. With `moment`, the chosen rows of O are divided by the root
/// of a mean of their squares that only chosen steps enter, and ||O|| is kept: a row that is chosen
/// for the first time comes out up to 1 / sqrt(1 - beta) as heavy as others. With fraction = 1 this
/// is heavy ball with `decay` in front of the rule. The rule has its own momentum: the recipe's is
/// NoMomentum.
template <class Rule>
struct OnLargestSlices {
  Rule rule;
  double fraction = 0.25;
  double decay = 0.95;
  bool moment = false;
  double beta = 0.95;
  double epsilon = 1e-8;  ///< Added to the root.

  static_assert(detail::buffer_count<Rule> == 0,
                "pion: OnLargestSlices needs a rule that remembers nothing");
  static constexpr int buffers = 4;
  BufferShape buffer(int i, Index rows, Index cols) const {
    const bool by_rows = along_rows(rows, cols);
    const Index k = chosen(by_rows ? rows : cols);
    switch (i) {
      case 0: return {"momentum", rows, cols};
      case 1: return {"row_moment", moment ? rows : 0, moment ? 1 : 0};
      case 2: return {"slices", by_rows ? k : rows, by_rows ? cols : k, Storage::scratch};
      default: return {"places", k, 1, Storage::scratch};
    }
  }
  void require_valid() const {
    detail::require_valid_part(rule);
    detail::require_share("OnLargestSlices: fraction", fraction);
    detail::require_share("OnLargestSlices: decay", decay);
    detail::require_fraction("OnLargestSlices: beta", beta);
    detail::require_nonnegative("OnLargestSlices: epsilon", epsilon);
  }
  std::string signature() const {
    return detail::part_signature(rule) + " on the largest " +
           detail::signature("slices", {{"fraction", fraction}, {"decay", decay}}) +
           (moment ? detail::signature(" by moments", {{"beta", beta}}) : "");
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    const bool by_rows = along_rows(x.rows, x.cols);
    const engine::View<T>& slices = own[2].values;
    T* const places = own[3].values.data;  // small whole numbers, exact in T
    auto o = engine::as_eigen(x), m = engine::as_eigen(own[0].values);
    auto s = engine::as_eigen(slices);
    m += o;
    choose(own[0].values, by_rows, own[3].values, at.scratch);
    const Index k = own[3].values.rows;
    const auto place = [places](Index i) { return static_cast<Index>(places[i]); };
    for (Index i = 0; i < k; ++i) {
      if (by_rows) {
        s.row(i) = m.row(place(i));
        m.row(place(i)) *= static_cast<T>(decay);
      } else {
        s.col(i) = m.col(place(i));
        m.col(place(i)) *= static_cast<T>(decay);
      }
    }
    detail::run_part<Engine>(rule, slices, own, at);
    if (moment) divide(slices, own[1].values.data, places);
    o.setZero();
    for (Index i = 0; i < k; ++i) {
      if (by_rows) {
        o.row(place(i)) = s.row(i);
      } else {
        o.col(place(i)) = s.col(i);
      }
    }
  }

 private:
  bool along_rows(Index rows, Index cols) const { return moment || rows <= cols; }
  Index chosen(Index extent) const {
    const auto k = static_cast<Index>(std::ceil(fraction * static_cast<double>(extent)));
    return (std::min)((std::max)(k, Index(1)), extent);
  }

  template <class T>
  static void choose(const engine::View<T>& m, bool by_rows, const engine::View<T>& places,
                     Workspace& scratch) {
    const Index extent = by_rows ? m.rows : m.cols;
    detail::Arena counting;
    counting.take<double>(extent);
    counting.take<Index>(extent);
    detail::Arena arena(scratch, counting.used());
    double* const size = arena.take<double>(extent);
    auto* const order = arena.take<Index>(extent);
    const auto all = engine::as_eigen(m);
    for (Index i = 0; i < extent; ++i) {
      size[i] =
          static_cast<double>(by_rows ? all.row(i).cwiseAbs().sum() : all.col(i).cwiseAbs().sum());
    }
    std::iota(order, order + extent, Index(0));
    std::partial_sort(order, order + places.rows, order + extent, [size](Index a, Index b) {
      return size[a] > size[b] || (!(size[a] < size[b]) && a < b);
    });
    for (Index i = 0; i < places.rows; ++i) places.data[i] = static_cast<T>(order[i]);
  }

  template <class T>
  void divide(const engine::View<T>& slices, T* v, const T* places) const {
    auto s = engine::as_eigen(slices);
    const double before = detail::norm_of(slices);
    for (Index i = 0; i < slices.rows; ++i) {
      T& mean = v[static_cast<Index>(places[i])];
      mean = static_cast<T>(beta) * mean +
             static_cast<T>(1.0 - beta) * s.row(i).squaredNorm() / static_cast<T>(slices.cols);
      const T root = std::sqrt(mean) + static_cast<T>(epsilon);
      if (root > T(0)) s.row(i) /= root;
    }
    const double after = detail::norm_of(slices);
    if (after > 0.0) s *= static_cast<T>(before / after);
  }
};

}  // namespace pion::optimizer
