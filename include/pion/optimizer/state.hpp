// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>  // std::int64_t
#include <string>

#include <Eigen/Core>

#include <pion/apply/warm_start.hpp>
#include <pion/detail/traits.hpp>

namespace pion::optimizer {

/// Holds what an optimiser remembers of one parameter between steps: this, and nothing else.
///
/// initial_state() makes a state; step() alone changes it. T is float or double: the scalar that
/// the parameter's steps are computed in. The matrices are column-major whatever the parameter's
/// storage order, of the parameter's shape, and empty where the recipe has no use for them.
template <class T>
struct State {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;

  std::int64_t steps = 0;   ///< Steps taken; refused ones do not count.
  Matrix momentum;          ///< The first moment of the gradient.
  Matrix second_moment;     ///< Of RmsNormalized alone.
  WarmStart<T> warm_start;  ///< Where a rule that compresses begins the next time (compressed.hpp).
  std::string recipe;       ///< signature() of the recipe that the state was made for.
};

/// Calls f(name, member) for every member of a state, in a fixed order; `S` may be const.
template <class S, class F>
void visit(S& state, F&& f) {
  f("steps", state.steps);
  f("momentum", state.momentum);
  f("second_moment", state.second_moment);
  f("warm_start", state.warm_start);
  f("recipe", state.recipe);
}

}  // namespace pion::optimizer
