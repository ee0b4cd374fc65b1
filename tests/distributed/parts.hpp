// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <random>
#include <string>
#include <vector>

#include <pion/distributed/agree.hpp>
#include <pion/distributed/sharded.hpp>

// How the tests cut a matrix, and compare what the ranks have.

/// A matrix by columns or by rows.
template <class S, int Order>
using Ordered = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Order>;

/// This rank's part of x.
template <class X>
typename X::PlainObject part_of(const Eigen::MatrixBase<X>& x, pion::Axis axis,
                                const pion::distributed::Part& p) {
  using M = typename X::PlainObject;
  return axis == pion::Axis::rows ? M(x.middleRows(p.offset, p.size))
                                  : M(x.middleCols(p.offset, p.size));
}

/// Cuts at random places, some of them equal: the same on every rank.
template <class C>
pion::distributed::Part random_part(pion::Index extent, const C& comm, std::mt19937_64& random) {
  std::vector<pion::Index> ends = {0, extent};
  std::uniform_int_distribution<pion::Index> place(0, extent);
  for (int r = 1; r < comm.size(); ++r) ends.push_back(place(random));
  std::sort(ends.begin(), ends.end());
  const auto r = static_cast<std::size_t>(comm.rank());
  return {ends[r], ends[r + 1] - ends[r]};
}

/// Whether all ranks have the same bits.
template <class C, class T>
bool same_everywhere(const C& comm, const T& mine) {
  const auto all = pion::distributed::detail::gathered(comm, mine);
  return std::all_of(all.begin(), all.end(), [&](const T& one) { return one == all[0]; });
}

/// The line of what `task` throws; empty where it throws nothing.
template <class Task>
std::string line_of(const Task& task) {
  try {
    task();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}
