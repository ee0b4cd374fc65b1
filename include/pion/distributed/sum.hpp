// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::copy_n
#include <cstddef>    // std::size_t
#include <cstdint>    // std::int64_t
#include <vector>

#include <pion/detail/traits.hpp>

namespace pion::distributed {

/// Returns where piece r of `count` things begins that are dealt evenly to so many ranks: pieces
/// differ by one at most.
inline Index even_offset(Index count, int ranks, int r) {
  const Index each = count / ranks, more = count % ranks;
  return each * r + (r < more ? r : more);
}

/// Returns even_offset() of all pieces, and `count` behind them.
inline std::vector<Index> even_offsets(Index count, int ranks) {
  std::vector<Index> offsets(static_cast<std::size_t>(ranks) + 1);
  for (int r = 0; r <= ranks; ++r)
    offsets[static_cast<std::size_t>(r)] = even_offset(count, ranks, r);
  return offsets;
}

/// The values that sum_in_rank_order() needs beside those to sum.
inline Index sum_scratch(Index count, int ranks) { return count + ranks; }

/// The most values that a rank sends in sum_in_rank_order().
inline Index sum_sent(Index count, int ranks) {
  const Index least = count / ranks, most = least + (count % ranks != 0 ? 1 : 0);
  return count - least + (ranks - 1) * most;
}

/// Replaces values[i] by its sum over ranks, added in the order of the ranks whatever the library
/// beneath: so the bits are the same on every rank, and in every run with as many ranks.
///
/// The values are cut into a piece for each rank. A rank gets its piece of all others, adds, and
/// gives the sum to all: two messages, and 2 (P - 1) / P of the values sent by each of P ranks,
/// which no sum over ranks can undercut (Patarasu and Yuan 2009).
/// \param add  add(pieces, mine, sum) writes sum[i] = sum_r pieces[i + r mine], in the order of r.
template <class C, class T, class Add>
void sum_in_rank_order(const C& comm, T* values, Index count, T* scratch, const Add& add) {
  const int ranks = comm.size();
  if (ranks == 1) return;
  const std::vector<Index> offsets = even_offsets(count, ranks);
  const Index first = even_offset(count, ranks, comm.rank());
  const Index mine = even_offset(count, ranks, comm.rank() + 1) - first;
  std::vector<Index> from_each(offsets.size());
  for (std::size_t r = 0; r < from_each.size(); ++r) from_each[r] = static_cast<Index>(r) * mine;
  comm.exchange(values, offsets.data(), scratch, from_each.data());
  add(scratch, mine, values + first);
  comm.gather(values, offsets.data());
}

/// The same for values that the host can add.
template <class C, class T>
void sum_in_rank_order(const C& comm, T* values, Index count, T* scratch) {
  sum_in_rank_order(comm, values, count, scratch, [&](const T* pieces, Index mine, T* sum) {
    std::copy_n(pieces, mine, sum);
    for (int r = 1; r < comm.size(); ++r) {
      const T* term = pieces + r * mine;
      for (Index i = 0; i < mine; ++i) sum[i] += term[i];
    }
  });
}

}  // namespace pion::distributed
