// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>  // std::uint64_t
#include <type_traits>
#include <utility>  // std::declval

#include <pion/detail/traits.hpp>

/// Lists what a communicator must have. A communicator joins ranks, numbered from 0: processes that
/// run the same calls in the same order, each on its own part of the data. It owns nothing: the
/// connection and all memory are the caller's.
///
///     int rank()   int size()       which rank this is, and how many there are
///     gather(all, offsets)          piece r of `all` comes from rank r, for every r; on entry a
///                                   rank has its own piece in its place
///     exchange(from, from_offsets, to, to_offsets)   piece r of `from` goes to rank r, and piece r
///                                   of `to` comes from there; the two do not overlap
///     broadcast(values, count, root)   all ranks have what the rank `root` has
///     sum(values, count, scratch)   values[i] becomes the sum over ranks; `scratch` has room for
///                                   sum_scratch(count, size()) values (distributed/sum.hpp)
///
/// Piece r of an array stands at offsets[r] to offsets[r + 1]; it may be empty, and there are
/// size() + 1 offsets. Entries are trivially copyable, of 1, 2, 4 or 8 bytes; those of a sum are
/// float or double. Members are const. Each is called by all ranks, and none returns before this
/// rank's memory may be used again.
///
/// A sum has the same bits on every rank and in every run with as many ranks. The algorithms need
/// that to stop: ranks that decide by different numbers wait for each other for ever.
/// sum_in_rank_order() (distributed/sum.hpp) is such a sum, made of exchange() and gather().
///
/// The functions of distributed/ for Eigen's matrices give it memory of the host; those for
/// cuda::Matrix take a pair, Nccl for the host's and NcclOnDevice for the device's
/// (distributed/nccl.hpp).
namespace pion::distributed {

/// Names the first thing that a type lacks to be a communicator, or nothing.
enum class Lacks { nothing, rank, size, gather, exchange, broadcast, sum };

namespace concepts {

/// Whether a const C can be used so: the return type of `use` holds the expression in question.
template <class C, class Use>
constexpr bool can(const Use& /*use*/) {
  return std::is_invocable_v<Use, const C&>;
}

}  // namespace concepts

/// Says what C lacks to be a communicator.
template <class C>
constexpr Lacks communicator_lacks() {
  using Offsets = const Index*;
  using Word = std::uint64_t;
  const bool members[] = {
      concepts::can<C>([](auto& c) -> decltype(void(int(c.rank()))) {}),
      concepts::can<C>([](auto& c) -> decltype(void(int(c.size()))) {}),
      concepts::can<C>(
          [](auto& c) -> decltype(void(c.gather(std::declval<Word*>(), Offsets()))) {}),
      concepts::can<C>(
          [](auto& c) -> decltype(void(c.exchange(std::declval<const float*>(), Offsets(),
                                                  std::declval<float*>(), Offsets()))) {}),
      concepts::can<C>(
          [](auto& c) -> decltype(void(c.broadcast(std::declval<char*>(), Index(1), 0))) {}),
      concepts::can<C>([](auto& c) -> decltype(void(c.sum(std::declval<double*>(), Index(1),
                                                          std::declval<double*>()))) {})};
  int member = 0;
  for (const bool there : members) {
    ++member;
    if (!there) return static_cast<Lacks>(member);
  }
  return Lacks::nothing;
}

/// Whether C is a communicator that distributed::apply() can run on.
template <class C>
inline constexpr bool is_communicator_v = communicator_lacks<C>() == Lacks::nothing;

/// Says in one sentence what C lacks, where it is no communicator.
template <class C>
constexpr void require_communicator() {
  constexpr Lacks what = communicator_lacks<C>();
  static_assert(what != Lacks::rank, "pion: the communicator lacks int rank() const");
  static_assert(what != Lacks::size, "pion: the communicator lacks int size() const");
  static_assert(what != Lacks::gather, "pion: the communicator lacks gather(all, offsets) const");
  static_assert(what != Lacks::exchange,
                "pion: the communicator lacks exchange(from, from_offsets, to, to_offsets) const");
  static_assert(what != Lacks::broadcast,
                "pion: the communicator lacks broadcast(values, count, root) const");
  static_assert(what != Lacks::sum,
                "pion: the communicator lacks sum(values, count, scratch) const");
}

}  // namespace pion::distributed
