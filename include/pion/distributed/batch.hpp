// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cstddef>    // std::byte, std::size_t
#include <iterator>   // std::size
#include <string>
#include <type_traits>
#include <vector>

#include <pion/apply/apply.hpp>
#include <pion/distributed/agree.hpp>
#include <pion/distributed/apply.hpp>
#include <pion/distributed/owners.hpp>
#include <pion/distributed/to_owners.hpp>

namespace pion::distributed {

/// What apply_batch() works in, kept by the caller between calls.
struct BatchWorkspace {
  Workspace parts;   ///< What is sent and received, and one matrix.
  Workspace filter;  ///< pion::apply()'s own.
};

namespace detail {

/// "apply_batch: matrix i", with which a refusal begins.
inline std::string which(std::size_t i) { return "apply_batch: matrix " + std::to_string(i); }

/// Makes room for a call before any message: what a rank sends and owns it knows by itself.
template <class S, class Engine>
void reserve(const Filter& f, const std::vector<CutShape>& shapes, const std::vector<Part>& parts,
             const std::vector<int>& owners, int rank, BatchWorkspace& workspace, Method method) {
  Index given = 0, owned = 0, largest = 0;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const CutShape& shape = shapes[i];
    given += shape.whole() * parts[i].size;
    if (owners[i] != rank) continue;
    const Index size = shape.whole() * shape.cut();
    owned += size;
    largest = (std::max)(largest, size);
    workspace.filter.reserve(pion::plan<S, Engine>(f, shape.rows, shape.cols, method).workspace);
  }
  pion::detail::Arena counting;
  for (const Index size : {given, owned, largest}) counting.take<S>(size);
  workspace.parts.reserve(counting.used());
}

/// Gathers what the owner of each matrix says of it.
template <class C>
std::vector<ApplyInfo> of_owners(const C& comm, const std::vector<int>& owners,
                                 const std::vector<ApplyInfo>& own) {
  static_assert(std::is_trivially_copyable_v<ApplyInfo>);
  std::vector<Index> offsets = {0};
  std::vector<std::size_t> order;
  for (int r = 0; r < comm.size(); ++r) {
    for (std::size_t i = 0; i < owners.size(); ++i) {
      if (owners[i] == r) order.push_back(i);
    }
    offsets.push_back(static_cast<Index>(order.size() * sizeof(ApplyInfo)));
  }
  std::vector<ApplyInfo> sent, all(own);
  for (const std::size_t i : order) sent.push_back(own[i]);
  comm.gather(reinterpret_cast<std::byte*>(sent.data()), offsets.data());
  for (std::size_t k = 0; k < order.size(); ++k) all[order[k]] = sent[k];
  return all;
}

/// pion::apply() of a matrix that lies whole axis first, in place.
template <class Engine, class S>
ApplyInfo apply_whole(const Filter& f, const engine::View<S>& x, Axis axis, Workspace& workspace,
                      Method method) {
  if (axis == Axis::cols) {
    Eigen::Map<Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>> matrix(
        x.data, x.rows, x.cols);
    return pion::apply<Engine>(f, matrix, matrix, workspace, method);
  }
  Eigen::Map<Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> matrix(
      x.data, x.cols, x.rows);
  return pion::apply<Engine>(f, matrix, matrix, workspace, method);
}

}  // namespace detail

/// Filters a list of matrices that lie on many ranks, ys[i] = f(xs[i]). Each has an owner
/// (distributed/owners.hpp), which gets it whole, filters it as pion::apply() does, to the last
/// bit, and sends the parts of the result to where they belong.
///
/// \param xs  a list of Sharded matrices of one scalar, of any shapes and cuts.
/// \param ys  a list of as many, cut alike, of the same scalar; it may be xs.
/// Returns the ApplyInfo of each, the same on every rank.
/// \throws as apply(), on every rank, one line; nothing is changed then on any rank.
/// Cost: of one matrix after the other, those of pion::apply(), on its owner; 2 m n words each.
/// Memory: on each rank its own parts once more, and all the matrices that it owns. Determinism:
/// bitwise that of pion::apply(), whatever the cut and the number of ranks.
template <class Engine = DefaultEngine, class C, class Xs, class Ys>
std::vector<ApplyInfo> apply_batch(const C& comm, const Filter& f, const Xs& xs, Ys& ys,
                                   BatchWorkspace& workspace, Method method = Method::automatic) {
  using X = pion::detail::plain_t<decltype(xs[0].local)>;
  using S = typename X::Scalar;
  static_assert(std::is_same_v<S, typename pion::detail::plain_t<decltype(ys[0].local)>::Scalar>,
                "pion: the matrices of both lists must have one scalar");
  require_communicator<C>();
  const std::size_t count = std::size(xs);
  std::vector<CutShape> shapes;
  std::vector<Part> parts;
  BatchPlan plan;
  detail::Opening mine;
  detail::Trouble trouble = detail::trouble_of([&] {
    if (std::size(ys) != count) {
      pion::detail::refuse_argument("apply_batch: " + std::to_string(count) + " matrices in, " +
                                    std::to_string(std::size(ys)) + " out");
    }
    detail::Hash list;
    list.add(count);
    for (std::size_t i = 0; i < count; ++i) {
      detail::require_same_cut(detail::which(i).c_str(), xs[i], ys[i]);
      shapes.push_back({xs[i].rows(), xs[i].cols(), xs[i].axis});
      parts.push_back({xs[i].offset, xs[i].part()});
      list.add(xs[i].rows()).add(xs[i].cols()).add(xs[i].axis);
    }
    plan = plan_batch<S, Engine>(f, shapes, comm.size(), method);
    mine.call = detail::Hash().add(detail::Call::batch).add(method).add(sizeof(S)).value();
    mine.filter = detail::Hash().add(f).value();
    mine.list = list.value();
    detail::reserve<S, Engine>(f, shapes, parts, plan.owners, comm.rank(), workspace, method);
  });
  detail::open(comm, mine, trouble);
  const std::vector<Part> table = detail::gathered(comm, parts);
  for (std::size_t i = 0; i < count; ++i) {
    detail::joined_parts(detail::which(i) + ": ", comm.size(), shapes[i].cut(),
                         [&](int r) { return table[static_cast<std::size_t>(r) * count + i]; });
  }

  const detail::ToOwners<S> way(shapes, plan.owners, table, comm.rank(), comm.size(),
                                workspace.parts);
  trouble = detail::trouble_of([&] {
    way.for_each_part([&](std::size_t i, const engine::View<S>& part) {
      if (part.size() == 0) return;
      auto inside = engine::as_eigen(part);
      if (xs[i].axis == Axis::rows) {
        pion::detail::assign(xs[i].local.transpose(), inside);
      } else {
        pion::detail::assign(xs[i].local, inside);
      }
    });
  });
  way.there(comm);
  std::vector<ApplyInfo> own(count);
  way.for_each_owned([&](std::size_t i, const engine::View<S>& x) {
    if (trouble.kind != detail::Trouble::Kind::none) return;
    trouble = detail::trouble_of([&] {
      own[i] = detail::apply_whole<Engine>(f, x, shapes[i].axis, workspace.filter, method);
    });
    if (trouble.kind != detail::Trouble::Kind::none)
      trouble.line = detail::which(i) + ": " + trouble.line;
  });
  detail::require_no_trouble(comm, trouble);
  way.back(comm);
  way.for_each_part([&](std::size_t i, const engine::View<S>& part) {
    detail::store_part(part, ys[i].axis == Axis::rows, ys[i].local);
  });
  return detail::of_owners(comm, plan.owners, own);
}

}  // namespace pion::distributed
