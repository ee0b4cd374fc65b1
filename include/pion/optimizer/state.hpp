// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>  // std::int8_t, std::int64_t
#include <string>
#include <vector>

#include <Eigen/Core>

#include <pion/apply/warm_start.hpp>
#include <pion/detail/traits.hpp>

namespace pion::optimizer {

/// Holds what one part of a recipe remembers (buffers.hpp): numbers, or the bytes of a codec.
template <class T>
struct Buffer {
  /// Of numbers.
  using Matrix = detail::OwnedMatrix<T>;
  /// Of bytes.
  using Codes = detail::OwnedMatrix<std::int8_t>;

  std::string name;  ///< In a checkpoint.
  Matrix values;     ///< The numbers, or nothing.
  Codes codes;       ///< The bytes, or nothing.
};

/// Holds what an optimiser remembers of one parameter between steps: this, and nothing else.
///
/// initial_state() makes a state; step() alone changes it. T is float or double: the scalar that
/// the parameter's steps are computed in. The matrices are column-major whatever the parameter's
/// storage order. The two moments have the parameter's shape, (out, in) where the recipe says that
/// the parameter is (in, out), and are empty where the recipe has no use for them.
template <class T>
struct State {
  using Matrix = typename Buffer<T>::Matrix;  ///< Of numbers.

  std::int64_t steps = 0;        ///< Steps taken; refused ones do not count.
  Matrix momentum;               ///< The first moment of the gradient.
  Matrix second_moment;          ///< That of the gradient's squares, entry by entry.
  WarmStart<T> warm_start;       ///< Where a rule that compresses begins the next time.
  std::string recipe;            ///< signature() of the recipe that the state was made for.
  std::vector<Buffer<T>> parts;  ///< What else the recipe's parts remember, in their order.
};

/// Calls f(name, member) for every member of a state, in a fixed order; `S` may be const.
template <class S, class F>
void visit(S& state, F&& f) {
  f("steps", state.steps);
  f("momentum", state.momentum);
  f("second_moment", state.second_moment);
  f("warm_start", state.warm_start);
  f("recipe", state.recipe);
  f("parts", state.parts);
}

/// Counts the bytes that a state's matrices take.
template <class T>
std::uint64_t state_bytes(const State<T>& state) {
  auto count = static_cast<std::uint64_t>(state.momentum.size() + state.second_moment.size()) +
               state.warm_start.values().size();
  std::uint64_t bytes = 0;
  for (const Buffer<T>& part : state.parts) {
    count += static_cast<std::uint64_t>(part.values.size());
    bytes += static_cast<std::uint64_t>(part.codes.size());
  }
  return bytes + count * sizeof(T);
}

}  // namespace pion::optimizer
