// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <pion/cuda/bodies.hpp>
#include <pion/cuda/error.hpp>
#include <pion/cuda/launch.hpp>

namespace pion::cuda {

/// Computes the moments of each matrix of anything with elements, in device memory. Doubles take
/// two passes: their squares can overflow or vanish where their norm does neither.
/// \param results  memory for two for each matrix; the second half is used for doubles alone.
template <class Elements>
const NormPartials* measure(cudaStream_t stream, const Elements& x, Shape shape,
                            NormPartials* results, NormPartials* partials) {
  const auto pass = [&](const NormPartials* first, NormPartials* to) {
    check(reduce(stream, shape, Measure<Elements>{x, first, to}, partials), "reduce");
    return to;
  };
  const NormPartials* const once_through = pass(nullptr, results);
  using Scalar = std::decay_t<decltype(x(0, 0, 0))>;
  if constexpr (!std::is_same_v<Scalar, double>) return once_through;
  return pass(once_through, results + shape.count);
}

}  // namespace pion::cuda
