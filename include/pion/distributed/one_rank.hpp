// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::copy_n

#include <pion/detail/traits.hpp>

namespace pion::distributed {

/// A communicator of one rank (distributed/concept.hpp): nothing is sent. What is written for many
/// ranks runs on it as it is.
struct OneRank {
  static constexpr int rank() { return 0; }
  static constexpr int size() { return 1; }

  template <class T>
  static void gather(T* /*all*/, const Index* /*offsets*/) {}

  template <class T>
  static void exchange(const T* from, const Index* from_offsets, T* to, const Index* to_offsets) {
    std::copy_n(from + from_offsets[0], from_offsets[1] - from_offsets[0], to + to_offsets[0]);
  }

  template <class T>
  static void broadcast(T* /*values*/, Index /*count*/, int /*root*/) {}

  template <class T>
  static void sum(T* /*values*/, Index /*count*/, T* /*scratch*/) {}
};

}  // namespace pion::distributed
