// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::copy_n
#include <cstddef>    // std::size_t
#include <utility>    // std::move
#include <vector>

#include <pion/distributed/owners.hpp>
#include <pion/distributed/plan.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::distributed::detail {

/// The way of a list of matrices to their owners and back. Parts lie in memory with the axis that
/// is whole first, so that the parts of a matrix, one behind the other, are the matrix.
template <class S>
class ToOwners {
 public:
  /// \param table  the parts of all ranks: of matrix i, rank r's is at r * shapes.size() + i.
  /// \param memory  has what reserve() makes.
  ToOwners(std::vector<CutShape> shapes, std::vector<int> owners, std::vector<Part> table, int rank,
           int ranks, Workspace& memory)
      : shapes_(std::move(shapes)),
        owners_(std::move(owners)),
        table_(std::move(table)),
        rank_(rank),
        given_(offsets(ranks,
                       [&](std::size_t i, int r) { return owners_[i] == r ? size(i, rank_) : 0; })),
        owned_(offsets(
            ranks, [&](std::size_t i, int r) { return owners_[i] == rank_ ? size(i, r) : 0; })) {
    pion::detail::Arena arena(memory.data());
    given_at_ = arena.take<S>(given_.back());
    owned_at_ = arena.take<S>(owned_.back());
    one_at_ = arena.take<S>(0);
  }

  /// Sends each part to the owner of its matrix.
  template <class C>
  void there(const C& comm) const {
    comm.exchange(given_at_, given_.data(), owned_at_, owned_.data());
  }
  /// Sends the owners' results back, part by part.
  template <class C>
  void back(const C& comm) const {
    comm.exchange(owned_at_, owned_.data(), given_at_, given_.data());
  }

  /// Calls use(i, part) for each matrix: this rank's part, in the order in which they are sent.
  template <class Use>
  void for_each_part(const Use& use) const {
    S* at = given_at_;
    for (int r = 0; r + 1 < static_cast<int>(given_.size()); ++r) {
      for (std::size_t i = 0; i < shapes_.size(); ++i) {
        if (owners_[i] != r) continue;
        use(i, engine::View<S>(at, shapes_[i].whole(), part(i, rank_).size));
        at += size(i, rank_);
      }
    }
  }

  /// Calls use(i, matrix) for each matrix that is this rank's, whole axis first; what is left in it
  /// goes back.
  template <class Use>
  void for_each_owned(const Use& use) const {
    std::vector<Index> before(owned_.size(), 0);  // in the stretch of each rank
    for (std::size_t i = 0; i < shapes_.size(); ++i) {
      if (owners_[i] != rank_) continue;
      const auto each_part = [&](const auto& move) {
        for (std::size_t r = 0; r + 1 < owned_.size(); ++r) {
          const int from = static_cast<int>(r);
          move(owned_at_ + owned_[r] + before[r],
               one_at_ + part(i, from).offset * shapes_[i].whole(), size(i, from));
        }
      };
      each_part([](S* received, S* one, Index count) { std::copy_n(received, count, one); });
      use(i, engine::View<S>(one_at_, shapes_[i].whole(), shapes_[i].cut()));
      each_part([](S* received, S* one, Index count) { std::copy_n(one, count, received); });
      for (std::size_t r = 0; r + 1 < owned_.size(); ++r) before[r] += size(i, static_cast<int>(r));
    }
  }

 private:
  const Part& part(std::size_t i, int r) const {
    return table_[static_cast<std::size_t>(r) * shapes_.size() + i];
  }
  Index size(std::size_t i, int r) const { return shapes_[i].whole() * part(i, r).size; }

  /// Where the stretch of each rank begins, which has entries(i, r) of matrix i.
  template <class Entries>
  std::vector<Index> offsets(int ranks, const Entries& entries) const {
    std::vector<Index> all = {0};
    for (int r = 0; r < ranks; ++r) {
      Index stretch = 0;
      for (std::size_t i = 0; i < shapes_.size(); ++i) stretch += entries(i, r);
      all.push_back(all.back() + stretch);
    }
    return all;
  }

  std::vector<CutShape> shapes_;
  std::vector<int> owners_;
  std::vector<Part> table_;
  int rank_;
  std::vector<Index> given_, owned_;
  S *given_at_ = nullptr, *owned_at_ = nullptr, *one_at_ = nullptr;
};

}  // namespace pion::distributed::detail
