// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::size_t
#include <limits>
#include <string>
#include <utility>  // std::move
#include <vector>

#include <pion/apply/apply.hpp>
#include <pion/distributed/agree.hpp>
#include <pion/distributed/buffers.hpp>
#include <pion/distributed/concept.hpp>
#include <pion/distributed/plan.hpp>
#include <pion/distributed/sharded.hpp>

namespace pion::distributed {

namespace detail {

/// \throws std::invalid_argument unless y, of whose part the shape is x's, is cut as x is.
template <class X, class Y>
void require_same_place(const char* function, const Sharded<X>& x, const Sharded<Y>& y) {
  if (x.axis == y.axis && x.extent == y.extent && x.offset == y.offset) return;
  pion::detail::refuse_argument(std::string(function) +
                                ": y is cut otherwise than x; they must have one cut");
}

/// \throws std::invalid_argument unless y is cut as x is.
template <class X, class Y>
void require_same_cut(const char* function, const Sharded<X>& x, const Sharded<Y>& y) {
  pion::detail::require_same_shape(function, x.local, y.local);
  require_same_place(function, x, y);
}

/// Writes a part, whole axis first, to the caller's.
template <class T, class Y>
void store_part(const engine::View<T>& part, bool turned, Y& y) {
  if (part.size() == 0) return;
  if (turned) {
    pion::detail::assign(engine::as_eigen(part).transpose(), y);
  } else {
    pion::detail::assign(engine::as_eigen(part), y);
  }
}

/// \throws std::invalid_argument unless the plan is for x, on so many ranks.
template <class X>
void require_planned(const Plan& plan, const Sharded<X>& x, int ranks) {
  if (plan.rows == x.rows() && plan.cols == x.cols() && plan.axis == x.axis &&
      plan.ranks == ranks) {
    return;
  }
  pion::detail::refuse_argument(
      "apply: the filter is planned for another shape, cut or number of ranks");
}

/// The opening of a call on one matrix; `call` hashes what else must be the same on all ranks.
template <class X>
Opening opening_of(const Hash& call, const Filter& f, const Sharded<X>& x) {
  Opening o;
  o.call = call.value();
  o.filter = Hash().add(f).value();
  o.rows = x.rows(), o.cols = x.cols(), o.axis = static_cast<int>(x.axis);
  o.offset = x.offset, o.part = x.part();
  return o;
}

/// What all ranks' openings say of one matrix.
struct Opened {
  std::vector<Index> offsets;  ///< Of the parts, and the end.
  double largest = 0.0;        ///< |entry| of the whole.
};

/// open(), for a matrix of which `cut` is the extent that is cut.
template <class C>
Opened opened(const C& comm, const Opening& mine, const Trouble& trouble, Index cut) {
  const std::vector<Opening> all = open(comm, mine, trouble);
  Opened result;
  for (const Opening& o : all) result.largest = (std::max)(result.largest, o.largest);
  result.offsets = joined_parts("distributed: ", comm.size(), cut, [&all](int r) {
    const Opening& o = all[static_cast<std::size_t>(r)];
    return Part{o.offset, o.part};
  });
  return result;
}

/// The whole of a call. \param make_plan  returns this rank's Plan; it may throw, on this rank
/// alone.
template <class Engine, class C, class X, class Y, class MakePlan>
ApplyInfo run(const C& comm, const Filter& f, const MakePlan& make_plan, const Sharded<X>& x,
              Sharded<Y> y, Workspace& workspace) {
  using Scalar = typename pion::detail::plain_t<X>::Scalar;
  using Stored = typename pion::detail::plain_t<Y>::Scalar;
  using T = pion::detail::compute_t<Scalar>;
  using Local = engine::require_engine_t<Engine, T>;
  using Work = Buffers<Local, C, T>;
  require_communicator<C>();
  pion::detail::require_writable<Y>();

  Plan plan;
  Sizes size;
  Opening mine;
  const Trouble trouble = trouble_of([&] {
    require_same_cut("apply", x, y);
    plan = make_plan();
    require_planned(plan, x, comm.size());
    size = sizes(plan, x.part(), comm.rank());
    mine = opening_of(Hash().add(Call::apply).add(plan.way).add(plan.method).add(sizeof(T)), f, x);
    workspace.reserve(static_cast<std::size_t>(Work::bytes(size)));
    pion::detail::Arena arena(workspace.data());
    mine.largest = pion::detail::load("apply", x.local, Work(arena, &comm, size).given,
                                      x.axis == Axis::rows, x.offset);
  });
  auto [offsets, largest] = opened(comm, mine, trouble, plan.cut());

  pion::detail::Arena arena(workspace.data());
  Work b(arena, &comm, size);
  ApplyInfo info;
  info.method = plan.method;
  info.rank = (std::min)(plan.rows, plan.cols);
  info.multiply_adds = plan.multiply_adds;
  info.rounding = plan.rounding_growth * static_cast<double>(std::numeric_limits<T>::epsilon());
  const bool exchanged = plan.way == Way::exchanged && largest != 0.0;
  const Recut recut(comm, std::move(offsets), plan.whole());
  if (exchanged) recut.there(comm, b);
  const pion::detail::Filtered result =
      pion::detail::filter_buffers(f, plan.method, plan.restarts, largest, b);
  info.output_norm = result.norm;
  info.dead = result.dead;
  // All ranks have the same norm, so that all or none come by here.
  const auto highest = static_cast<double>((std::numeric_limits<Stored>::max)());
  if (!(pion::detail::is_finite(result.norm) && result.norm <= highest)) {
    require_no_trouble(comm, trouble_of([&] {
                         pion::detail::require_representable<Stored>("apply", b.x.local,
                                                                     result.norm);
                       }));
  }
  if (exchanged) recut.back(comm, b);
  if (exchanged) {
    store_part(b.packed, x.axis == Axis::cols, y.local);
  } else {
    store_part(largest == 0.0 ? b.given : b.x.local, x.axis == Axis::rows, y.local);
  }
  return info;
}

}  // namespace detail

/// y = U f(S) V^T for a matrix x = U S V^T that lies on many ranks, where S is measured by the
/// filter's normaliser. Every rank of `comm` calls it.
///
/// \param comm  a communicator (distributed/concept.hpp).
/// \param f     a filter planned for x's shape, cut, scalar and number of ranks
///              (distributed/plan.hpp), the same on all ranks.
/// \param x     m x n, cut along an axis: float, double, Eigen::half or Eigen::bfloat16, in any
///              storage order. The parts may be uneven or empty.
/// \param[out] y  m x n, cut as x is: its local part is writable, and may be x's. It is written
///              last, or not at all.
/// \param workspace  grows to what this rank works on, the plan's workspace where x is cut by
///              chunk().
/// Returns the same on every rank.
/// \throws std::invalid_argument on every rank, with one line, if a rank's y is not cut as its x,
///         or the ranks' filters, shapes, cuts or scalars differ, or the parts do not make up the
///         whole; std::domain_error if an entry of x is NaN or infinite, or the result overflows;
///         std::runtime_error what else a rank has met, as a lack of memory. Nothing is changed
///         then on any rank, but for the workspaces.
/// Cost: the plan's. Determinism: bitwise the same in every run with as many ranks and the same
/// cut, on processors of one kind; scaling x by a power of two changes nothing. One rank gives what
/// pion::apply() gives, to the last bit, where the long axis is cut.
template <class Scalar, class Engine, class C, class X, class Y>
ApplyInfo apply(const C& comm, const PlannedFilter<Scalar, Engine>& f, const Sharded<X>& x,
                const Sharded<Y>& y, Workspace& workspace) {
  static_assert(std::is_same_v<Scalar, typename pion::detail::plain_t<X>::Scalar>,
                "pion: the filter is planned for another scalar: plan<Scalar>()");
  return detail::run<Engine>(
      comm, f.filter, [&f] { return f; }, x, y, workspace);
}

/// The same with a plan of its own.
/// \throws also what plan() throws, on every rank.
template <class Engine = DefaultEngine, class C, class X, class Y>
ApplyInfo apply(const C& comm, const Filter& f, const Sharded<X>& x, const Sharded<Y>& y,
                Workspace& workspace, Method method = Method::automatic) {
  using Scalar = typename pion::detail::plain_t<X>::Scalar;
  const auto make_plan = [&] {
    return plan<Scalar, Engine>(f, x.rows(), x.cols(), x.axis, comm.size(), method);
  };
  return detail::run<Engine>(comm, f, make_plan, x, y, workspace);
}

}  // namespace pion::distributed
