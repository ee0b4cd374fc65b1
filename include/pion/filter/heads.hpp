// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <limits>
#include <string>
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>

/// How the heads of an attention projection lie in its matrix. Weights are stored (out, in): the
/// heads of q, k and v are blocks of rows, those of o blocks of columns.
namespace pion {

/// Along which heads lie: blocks of rows, or of columns (cols).
enum class Axis { rows, cols };

/// `count` heads of one size along an axis. (Under grouped-query attention, fewer for k and v.)
struct Heads {
  Index count = 1;
  Axis axis = Axis::rows;
};

/// A stretch of `size` rows (or columns) that holds `heads` heads of one size.
struct HeadSegment {
  Index size = 0;
  Index heads = 1;
};

/// Projections fused into one matrix, one after the other along an axis.
struct FusedHeads {
  std::vector<HeadSegment> segments;  ///< In the order in which they lie.
  Axis axis = Axis::rows;
};

/// Describes q, k and v fused along the rows; grouped-query attention where kv_heads < q_heads.
/// \throws std::invalid_argument if a number is negative, or the rows cannot be counted.
inline FusedHeads fused_qkv(Index q_heads, Index kv_heads, Index head_size) {
  constexpr Index most = (std::numeric_limits<Index>::max)() / 4;
  const Index heads = (std::max)(q_heads, kv_heads);
  const Index least = (std::min)({q_heads, kv_heads, head_size});
  if (least < 0 || heads > most / std::max<Index>(head_size, 1)) {
    detail::refuse_argument("fused_qkv: " + std::to_string(q_heads) + " and " +
                            std::to_string(kv_heads) + " heads of " + std::to_string(head_size) +
                            " rows cannot be counted");
  }
  return {{{q_heads * head_size, q_heads},
           {kv_heads * head_size, kv_heads},
           {kv_heads * head_size, kv_heads}},
          Axis::rows};
}

/// Where one head lies along the axis.
struct HeadRange {
  Index start = 0;  ///< Its first row or column.
  Index size = 0;   ///< Its rows or columns.
};

/// Returns how many heads there are.
inline Index head_count(const Heads& heads) { return heads.count; }
inline Index head_count(const FusedHeads& heads) {
  Index count = 0;
  for (const HeadSegment& s : heads.segments) count += s.heads;
  return count;
}

/// Returns the place of head i among `extent` rows (or columns). Call require_heads_fit() first.
inline HeadRange head_range(const Heads& heads, Index extent, Index i) {
  const Index size = extent / heads.count;
  return {i * size, size};
}
inline HeadRange head_range(const FusedHeads& heads, Index /*extent*/, Index i) {
  Index start = 0;
  for (const HeadSegment& s : heads.segments) {
    if (i < s.heads) return {start + i * (s.size / s.heads), s.size / s.heads};
    start += s.size;
    i -= s.heads;
  }
  return {start, 0};
}

namespace detail {

inline const char* plural(Axis axis) { return axis == Axis::rows ? " rows" : " columns"; }

inline void require_division(const char* function, Index size, Index heads, Axis axis) {
  if (heads < 1) {
    refuse_argument(std::string(function) + ": the number of heads is " + std::to_string(heads));
  }
  if (size % heads != 0) {
    refuse_argument(std::string(function) + ": " + std::to_string(size) + plural(axis) +
                    " do not divide into " + std::to_string(heads) + " heads");
  }
}

}  // namespace detail

/// Refuses heads that do not fill a rows x cols matrix exactly.
/// \param function  the name of the caller, with which the message begins.
/// \throws std::invalid_argument unless the heads fill the matrix, one or more of equal size in
///         each segment.
inline void require_heads_fit(const char* function, const Heads& heads, Index rows, Index cols) {
  detail::require_division(function, heads.axis == Axis::rows ? rows : cols, heads.count,
                           heads.axis);
}
inline void require_heads_fit(const char* function, const FusedHeads& heads, Index rows,
                              Index cols) {
  const Index extent = heads.axis == Axis::rows ? rows : cols;
  constexpr Index most = (std::numeric_limits<Index>::max)();
  Index total = 0, count = 0;
  for (const HeadSegment& s : heads.segments) {
    if (s.size < 0) detail::refuse_argument(std::string(function) + ": a segment of negative size");
    detail::require_division(function, s.size, s.heads, heads.axis);
    if (s.size > most - total || s.heads > most - count) {
      detail::refuse_argument(std::string(function) + ": the segments' sizes or heads add up to " +
                              "more than can be counted");
    }
    total += s.size;
    count += s.heads;
  }
  if (total != extent) {
    detail::refuse_argument(std::string(function) + ": the segments add up to " +
                            std::to_string(total) + ", the matrix has " + std::to_string(extent) +
                            detail::plural(heads.axis));
  }
}

namespace detail {

/// Returns head i of x, as a block of it. The axis is the layout's, or the other where x lies
/// transposed.
template <class X, class Layout>
auto head_block(X& x, const Layout& heads, Axis axis, Index i) {
  const bool by_rows = axis == Axis::rows;
  const HeadRange at = head_range(heads, by_rows ? x.rows() : x.cols(), i);
  return by_rows ? x.block(at.start, 0, at.size, x.cols())
                 : x.block(0, at.start, x.rows(), at.size);
}

}  // namespace detail

/// Returns head i of x, as a block of it. Call require_heads_fit() first.
template <class X, class Layout>
auto head_block(X& x, const Layout& heads, Index i) {
  return detail::head_block(x, heads, heads.axis, i);
}

}  // namespace pion
