// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <pion/detail/settings.hpp>

namespace pion::detail {
inline namespace PION_SETTINGS {

// g++ says of every template argument that is a vector register that its alignment is ignored
// there.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"

/// Describes a vector register of T, as Eigen knows it on the machine that is compiled for.
template <class T>
struct Register {
  using Packet = typename Eigen::internal::packet_traits<T>::type;
  static constexpr int lanes = Eigen::internal::unpacket_traits<Packet>::size;
  /// As many registers as each has lanes: a square that Eigen can transpose.
  using Square = Eigen::internal::PacketBlock<Packet, lanes>;
};

#pragma GCC diagnostic pop

}  // namespace PION_SETTINGS
}  // namespace pion::detail
