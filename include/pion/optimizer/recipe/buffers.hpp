// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>  // std::int8_t
#include <string>
#include <type_traits>
#include <utility>  // std::declval

#include <pion/detail/traits.hpp>
#include <pion/engine/view.hpp>

/// What the parts of a recipe remember between steps.
///
/// A part says so in two members: `buffers`, how many matrices it remembers, and buffer(i, rows,
/// cols), the name, shape and storage of the i-th for a parameter of rows x cols. A buffer is zero
/// before the first step, unless the part has start(i, matrix), which changes that zero matrix. A
/// part without buffer() remembers matrices of the parameter's shape: the momentum and the second
/// moment.
///
/// In a step a part gets its buffers as an array of Slot, and changes them in place. They are
/// copies: the step writes them to the state when it is taken, all of them or none (step.hpp).
namespace pion {
namespace optimizer {

/// Says how a buffer is kept.
enum class Storage {
  values,   ///< Numbers of the scalar that the steps are computed in.
  codes,    ///< Bytes, for a codec (state_codec.hpp).
  scratch,  ///< Numbers that a step works on and nobody keeps; they are not in the state.
};

/// Says what a part remembers in one buffer.
struct BufferShape {
  const char* name = "";  ///< Its name in a checkpoint.
  /// Its shape: rows and cols.
  Index rows = 0, cols = 0;
  Storage storage = Storage::values;  ///< How it is kept.
};

/// Shows a buffer in a step: the numbers (values), or the bytes (codes), whichever it has.
template <class T>
struct Slot {
  engine::View<T> values;
  engine::View<std::int8_t> codes;
};

}  // namespace optimizer

namespace detail {

template <class Part, class = void>
inline constexpr int buffer_count = 0;
template <class Part>
inline constexpr int buffer_count<Part, std::void_t<decltype(Part::buffers)>> = Part::buffers;

template <class Part, class = void>
struct names_buffers : std::false_type {};
template <class Part>
struct names_buffers<Part,
                     std::void_t<decltype(std::declval<const Part&>().buffer(0, Index(), Index()))>>
    : std::true_type {};

template <class Part, class Matrix, class = void>
struct starts_buffers : std::false_type {};
template <class Part, class Matrix>
struct starts_buffers<
    Part, Matrix,
    std::void_t<decltype(std::declval<const Part&>().start(0, std::declval<Matrix&>()))>>
    : std::true_type {};

/// The i-th buffer of a part.
template <class Part>
optimizer::BufferShape buffer_shape(const Part& part, int i, Index rows, Index cols) {
  if constexpr (names_buffers<Part>::value) {
    return part.buffer(i, rows, cols);
  } else {
    return {i == 0 ? "momentum" : "second_moment", rows, cols};
  }
}

/// Makes the zeros of a part's i-th buffer what the part begins with.
template <class Part, class Matrix>
void start_buffer(const Part& part, int i, Matrix& zeros) {
  if constexpr (starts_buffers<Part, Matrix>::value) part.start(i, zeros);
}

/// Calls f(part, i, first + i) for every part with buffers and each of them, in order.
template <class F>
void for_each_buffer_of(int /*first*/, const F& /*f*/) {}
template <class F, class Part, class... Parts>
void for_each_buffer_of(int first, const F& f, const Part& part, const Parts&... rest) {
  for (int i = 0; i < buffer_count<Part>; ++i) f(part, i, first + i);
  for_each_buffer_of(first + buffer_count<Part>, f, rest...);
}

}  // namespace detail
}  // namespace pion
