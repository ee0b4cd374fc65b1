// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::size_t
#include <cstdint>  // std::uint64_t
#include <utility>  // std::move
#include <vector>

#include <pion/apply/method.hpp>
#include <pion/distributed/kernels.hpp>
#include <pion/distributed/one_rank.hpp>
#include <pion/engine/transpose.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::distributed {

/// How the work of one matrix is shared out.
enum class Way {
  gram,       ///< The cut stays as it is: Gram matrices of the axis that is whole are summed.
  exchanged,  ///< The ranks exchange parts, so that the other axis is cut, and back.
};

}  // namespace pion::distributed

namespace pion::distributed::detail {

/// The sizes of a call on one rank. The caller's matrix is whole along one axis, and cut along the
/// other.
struct Sizes {
  Way way = Way::gram;            ///< How the work is shared out.
  Method method = Method::dense;  ///< How the filter is applied.
  int ranks = 1;                  ///< How many there are.
  Index whole = 0;                ///< The extent of the axis that is whole.
  Index cut = 0;                  ///< The extent of the axis that is cut.
  Index given = 0;                ///< This rank's part of `cut`.
  Index rank = 0;                 ///< This rank's number.

  /// This rank's part of what is cut while the filter runs.
  Index part() const {
    if (way == Way::gram) return given;
    return even_offset(whole, ranks, static_cast<int>(rank) + 1) -
           even_offset(whole, ranks, static_cast<int>(rank));
  }
};

/// Everything a call works on. The filter runs on x, whose columns are cut; the parts come as
/// `given`, with the axis that is whole first. Where they are exchanged first, that is x^T.
template <class Engine, class C, class T>
struct Buffers {
  using Scalar = T;              ///< What is computed in.
  using View = engine::View<T>;  ///< A matrix of one rank.

  /// \param comm  null where only bytes are counted.
  Buffers(pion::detail::Arena& arena, const C* comm, const Sizes& s)
      : given(view(arena, s.whole, s.given)),
        packed(s.way == Way::exchanged ? view(arena, s.given, s.whole) : View()),
        x(s.way == Way::exchanged ? sharded_view(arena, s.cut, s.whole, s.part())
                                  : ShardedView<T>{given, s.whole, s.cut}),
        y(sharded_view(arena, x.rows, x.cols, s.part())),
        r(view(arena, x.rows, x.rows)),
        h(view(arena, x.rows, x.rows)),
        t(view(arena, x.rows, x.rows)),
        q(s.method == Method::gram ? view(arena, x.rows, x.rows) : View()),
        kernels(arena, comm, s.ranks, x.rows, s.part()) {}

  /// The bytes that a call on one rank works on.
  static std::uint64_t bytes(const Sizes& s) {
    pion::detail::Arena counting;
    Buffers(counting, nullptr, s);
    return counting.used();
  }

  /// packed <- given^T.
  void pack() const { engine::transpose<T>(given, packed); }

  /// Refers to a matrix without gaps.
  static View matrix_at(T* memory, Index rows, Index cols) { return View(memory, rows, cols); }

  static void copy(const View& from, const View& to) {
    engine::as_eigen(to) = engine::as_eigen(from);
  }

  View given;                     ///< The caller's part.
  View packed;                    ///< Its transpose, which is sent.
  ShardedView<T> x;               ///< What is filtered.
  ShardedView<T> y;               ///< The next step's x.
  View r;                         ///< The Gram matrix x x^T.
  View h;                         ///< What x is multiplied by.
  View t;                         ///< For products of r and h.
  View q;                         ///< The product of all h so far, for Method::gram.
  Kernels<Engine, C, T> kernels;  ///< What computes with them.

 private:
  static View view(pion::detail::Arena& arena, Index rows, Index cols) {
    return View(arena.take<T>(rows * cols), rows, cols);
  }
  static ShardedView<T> sharded_view(pion::detail::Arena& arena, Index rows, Index cols,
                                     Index part) {
    return {view(arena, rows, part), rows, cols};
  }
};

/// Takes a matrix from the caller's cut to the other one, and back, in one message each.
///
/// A rank's part comes as `given`, n x p; what it sends to another is a stretch of rows, which in
/// the transpose is contiguous. It receives blocks of p_r x q, one from each rank, to stand one
/// below the other in x.
class Recut {
 public:
  /// \param offsets  of the parts of the axis that is cut, in the order of the ranks.
  template <class C>
  Recut(const C& comm, std::vector<Index> offsets, Index whole)
      : offsets_(std::move(offsets)), sent_(even_offsets(whole, comm.size())) {
    const auto rank = static_cast<std::size_t>(comm.rank());
    const Index given = offsets_[rank + 1] - offsets_[rank], part = sent_[rank + 1] - sent_[rank];
    for (Index& offset : sent_) offset *= given;
    for (const Index offset : offsets_) received_.push_back(offset * part);
  }

  /// b.x <- the matrix whose parts b.pack() packs. b.y is overwritten.
  template <class C, class B>
  void there(const C& comm, const B& b) const {
    b.pack();
    comm.exchange(b.packed.data, sent_.data(), b.y.local.data, received_.data());
    for_each_block(b, [&b](const auto& block, const auto& rows) { b.copy(block, rows); });
  }

  /// b.packed <- this rank's part of b.x. b.y is overwritten.
  template <class C, class B>
  void back(const C& comm, const B& b) const {
    for_each_block(b, [&b](const auto& block, const auto& rows) { b.copy(rows, block); });
    comm.exchange(b.y.local.data, received_.data(), b.packed.data, sent_.data());
  }

 private:
  /// Calls move(block, rows) for the block of each rank in b.y, and its rows of b.x.
  template <class B, class Move>
  void for_each_block(const B& b, const Move& move) const {
    const auto& x = b.x.local;
    for (std::size_t r = 0; r + 1 < offsets_.size(); ++r) {
      const Index rows = offsets_[r + 1] - offsets_[r];
      if (rows == 0 || x.cols == 0) continue;
      move(B::matrix_at(b.y.local.data + received_[r], rows, x.cols),
           x.block(offsets_[r], 0, rows, x.cols));
    }
  }

  std::vector<Index> offsets_, sent_, received_;
};

}  // namespace pion::distributed::detail
