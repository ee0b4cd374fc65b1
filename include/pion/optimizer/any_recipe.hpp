// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <type_traits>

#include <pion/optimizer/step.hpp>

namespace pion::optimizer {

/// A map of foreign memory of any storage order and strides, of T or const T. AnyRecipe steps it.
template <class T>
using AnyMap = Eigen::Map<
    std::conditional_t<std::is_const_v<T>,
                       const Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic,
                                           Eigen::ColMajor>,
                       Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>>,
    Eigen::Unaligned, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;

/// Maps a rows x cols tensor whose entry (i, j) lies at data[i * row_stride + j * col_stride].
template <class T>
AnyMap<T> any_map(T* data, Index rows, Index cols, Index row_stride, Index col_stride) {
  return AnyMap<T>(data, rows, cols,
                   Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(col_stride, row_stride));
}

/// Maps a row-major tensor without gaps, as frameworks keep weights; a vector is one column.
template <class T>
AnyMap<T> row_major(T* data, Index rows, Index cols = 1) {
  return any_map(data, rows, cols, cols, Index(1));
}

/// Holds a recipe of any type, so that a table can have Muon beside AdamW. initial_state() and
/// step() do, and throw, what those of step.hpp do.
template <class Scalar, class Engine = DefaultEngine>
class AnyRecipe {
 public:
  using Memory = State<detail::compute_t<Scalar>>;

  template <class R, class M, class S, class D>
  AnyRecipe(
      const Recipe<R, M, S, D>& recipe)  // NOLINT(google-explicit-constructor): a recipe is one
      : start_([recipe](Index rows, Index cols) {
          return optimizer::initial_state<Scalar>(recipe, rows, cols);
        }),
        step_([recipe](AnyMap<Scalar> parameter, const AnyMap<const Scalar>& gradient,
                       double learning_rate, Memory& state, StepWorkspace& workspace) {
          return optimizer::step<Engine>(recipe, parameter, gradient, learning_rate, state,
                                         workspace);
        }) {}

  Memory initial_state(Index rows, Index cols) const { return start_(rows, cols); }

  StepInfo step(const AnyMap<Scalar>& parameter, const AnyMap<const Scalar>& gradient,
                double learning_rate, Memory& state, StepWorkspace& workspace) const {
    return step_(parameter, gradient, learning_rate, state, workspace);
  }

 private:
  std::function<Memory(Index, Index)> start_;
  std::function<StepInfo(AnyMap<Scalar>, const AnyMap<const Scalar>&, double, Memory&,
                         StepWorkspace&)>
      step_;
};

}  // namespace pion::optimizer
