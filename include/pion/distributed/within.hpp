// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // HUGE_VAL
#include <cstddef>    // std::size_t
#include <cstdint>    // std::uint64_t
#include <limits>
#include <optional>
#include <type_traits>

#include <pion/apply/plan_within.hpp>
#include <pion/apply/within.hpp>
#include <pion/distributed/apply.hpp>
#include <pion/distributed/plan.hpp>
#include <pion/distributed/tall_skinny.hpp>

namespace pion::distributed {

/// A filter with its plan within a tolerance, ready to run. As a Plan it is that of the low-rank
/// method where this is expected to take less time, else that of `exact`. A plain value.
template <class Scalar, class Engine = DefaultEngine>
struct PlannedWithin : Plan {
  PlannedFilter<Scalar, Engine> exact;  ///< What runs where the low-rank method does not.
  Tolerance tolerance;
  std::optional<algorithm::ChainCriterion> criterion;  ///< Only for low_rank.
  Index directions = 0;                                ///< That the low-rank method begins with.
  double budget = 0.0;  ///< Multiply-adds, of all ranks, that it may cost.
};

namespace detail {

/// Everything that the low-rank method works on: this rank's part of x, and its own. x is whole
/// along the first axis.
template <class Engine, class C, class T>
struct SubspaceBuffers {
  SubspaceBuffers(pion::detail::Arena& arena, Index whole, Index cut, const Place<C>& place)
      : x(arena.take<T>(whole * place.part), whole, place.part),
        subspace(arena, whole, cut, pion::detail::max_rank, place) {}

  static std::uint64_t bytes(Index whole, Index cut, Place<C> place) {
    pion::detail::Arena counting;
    place.comm = nullptr;
    SubspaceBuffers(counting, whole, cut, place);
    return counting.used();
  }

  engine::View<T> x;
  algorithm::SubspaceIteration<TallSkinnyKernels<Engine, C, T>, T> subspace;
};

/// What the plan of the low-rank method with k directions sends and takes, written to p.
template <class Scalar, class Engine>
void predict_within(Plan& p, Index k, const Network& network) {
  using T = pion::detail::compute_t<Scalar>;
  Traffic traffic(p.ranks);
  traffic.gather(sizeof(Opening));
  traffic.gather(sizeof(double));  // the norm of x
  for (int step = 0; step < algorithm::SearchEffort::cold_steps; ++step) {
    traffic.sum(p.whole() * k, sizeof(T));
  }
  traffic.sum(p.whole() * k, sizeof(double));  // the check: x x^T q, and the Gram matrix of x^T q
  traffic.sum(k * k, sizeof(double));
  traffic.sum(p.whole() * algorithm::probe_columns, sizeof(T));
  traffic.write(p, network);
  const Index part = chunk(p.cut(), p.ranks, 0).size;
  p.workspace = static_cast<std::size_t>(
      SubspaceBuffers<Engine, OneRank, T>::bytes(p.whole(), p.cut(), {nullptr, p.ranks, part}));
}

}  // namespace detail

/// Plans `f` within a tolerance for rows x cols matrices of `Scalar` that are cut along `axis`.
///
/// The low-rank method sends narrow matrices of as many rows as the axis has that is whole: k
/// columns for each of three power steps, twice as many bytes for the check, and the probes; from a
/// warm start, the check alone. It is taken where it is asked for, or where the filter sets a limit
/// to the directions that can pass and it is expected to take less time than the exact method.
/// \throws std::invalid_argument as plan() and pion::plan() with a tolerance.
template <class Scalar = float, class Engine = DefaultEngine>
PlannedWithin<Scalar, Engine> plan(const Filter& f, Index rows, Index cols, Axis axis, int ranks,
                                   const Tolerance& tolerance, const Network& network = Network()) {
  pion::detail::require_valid(tolerance);
  const auto exact = plan<Scalar, Engine>(f, rows, cols, axis, ranks,
                                          pion::detail::exact_method(tolerance), network);
  PlannedWithin<Scalar, Engine> p{exact, exact, tolerance, std::nullopt};
  const bool asked = tolerance.method == Method::low_rank;
  pion::Plan single;  // its multiply-adds say whether compression may pay at all
  single.rows = rows, single.cols = cols;
  single.multiply_adds = exact.multiply_adds * ranks;
  if (!pion::detail::compression_may_pay(f, tolerance, single, SubspaceCost{})) return p;
  p.criterion.emplace(f.chain, tolerance.error);
  constexpr Index without_limit = 32;
  const Index limit = p.criterion->initial_rank();
  if (!asked && limit == 0) return p;

  Plan low = exact;
  const Index k =
      (std::min)({limit > 0 ? limit : without_limit, rows, cols, pion::detail::max_rank});
  low.method = Method::low_rank;
  low.way = Way::gram;
  low.multiply_adds = pion::detail::expected_compression(single, k) / ranks * SubspaceCost{}.narrow;
  detail::predict_within<Scalar, Engine>(low, k, network);
  if (!asked && !(low.seconds < exact.seconds)) return p;
  static_cast<Plan&>(p) = low;
  p.directions = k;
  p.budget = asked ? HUGE_VAL : pion::detail::compression_budget(single, SubspaceCost{});
  return p;
}

/// y = f(x) within a tolerance, for a matrix that lies on many ranks, by the method that the plan
/// chose. Every rank calls it.
///
/// \param f      planned with a tolerance, the same on all ranks.
/// \param x, y, workspace  as in apply() without a tolerance.
/// \param start  where the search begins and what it leaves for the next call, or null, the same on
///               all ranks: a basis of the axis that is whole.
///
/// Where the low-rank method cannot prove the tolerance, the exact one runs; the info then names
/// that. All that the search decides, it decides by numbers that are the same on every rank.
/// \throws as apply() without a tolerance, on every rank; std::invalid_argument on every rank also
///         if the warm start is for another extent, or differs between ranks.
/// Cost, determinism: as pion::apply() with a tolerance, on processors of one kind.
template <class Scalar, class Engine, class C, class X, class Y>
ApplyInfo apply(const C& comm, const PlannedWithin<Scalar, Engine>& f, const Sharded<X>& x,
                Sharded<Y> y, Workspace& workspace,
                WarmStart<pion::detail::compute_t<Scalar>>* start = nullptr) {
  using T = pion::detail::compute_t<Scalar>;
  using Work = detail::SubspaceBuffers<engine::require_engine_t<Engine, T>, C, T>;
  using Stored = typename pion::detail::plain_t<Y>::Scalar;
  require_communicator<C>();
  pion::detail::require_writable<Y>();
  const auto exactly = [&] {
    return detail::run<Engine>(
        comm, f.exact.filter, [&f] { return f.exact; }, x, y, workspace);
  };
  if (f.method != Method::low_rank) return exactly();

  const detail::Place<C> place{&comm, comm.size(), x.part()};
  algorithm::SubspaceOptions<T> search;
  bool due = true;
  detail::Opening mine;
  const detail::Trouble trouble = detail::trouble_of([&] {
    detail::require_same_cut("apply", x, y);
    detail::require_planned(f, x, comm.size());
    pion::Plan wanted;
    wanted.rank = f.directions;
    wanted.budget = f.budget;
    search = pion::detail::search_for<T>("apply", wanted, f.tolerance, start, f.whole());
    due = pion::detail::compression_is_due(f.tolerance, start);
    detail::Hash call;
    call.add(detail::Call::within)
        .add(sizeof(T))
        .add(sizeof(Stored))
        .add(f.tolerance.error)
        .add(f.tolerance.failure_probability);
    call.add(f.tolerance.seed).add(f.directions).add(f.budget).add(due);
    if (start != nullptr) {
      for (const T value : start->values()) call.add(value);
    }
    mine = detail::opening_of(call, f.exact.filter, x);
    workspace.reserve(static_cast<std::size_t>(Work::bytes(f.whole(), f.cut(), place)));
    pion::detail::Arena arena(workspace.data());
    mine.largest = pion::detail::load("apply", x.local, Work(arena, f.whole(), f.cut(), place).x,
                                      x.axis == Axis::rows, x.offset);
  });
  const double largest = detail::opened(comm, mine, trouble, f.cut()).largest;
  if (!due) return exactly();

  pion::detail::Arena arena(workspace.data());
  Work b(arena, f.whole(), f.cut(), place);
  if (largest == 0.0) {
    detail::store_part(b.x, x.axis == Axis::rows, y.local);
    ApplyInfo info;
    info.method = Method::low_rank;
    info.survivors = 0;
    info.bound = 0.0;
    return info;
  }
  pion::detail::scale_to_one(largest, b.x);
  auto& found = b.subspace;
  const detail::ShardedView<const T> source{b.x, f.whole(), f.cut()};
  const double norm = found.kernels().frobenius_norm(source);
  const bool done = found.find(source, norm, *f.criterion, search);
  if (start != nullptr && !done) start->backoff().failed();
  if (!done) return exactly();
  if (start != nullptr) {
    start->backoff().succeeded();
    start->remember(found.next_start());
  }
  ApplyInfo info = pion::detail::found_info(found, *f.criterion);
  auto left = engine::as_eigen(found.left());
  for (Index i = 0; i < info.rank; ++i) {
    left.col(i) *= static_cast<T>(f.criterion->gain(found.sigma()(i)));
  }
  if (b.x.cols > 0) {
    found.kernels().template multiply<engine::Op::plain, engine::Op::transposed>(
        found.left(), found.right().local, b.x);
  }
  if constexpr (!std::is_same_v<Stored, T>) {  // what storing changes is in the bound
    const auto exact = engine::as_eigen(b.x);
    const auto rounded = exact.template cast<Stored>().template cast<T>();
    *info.bound += detail::norm_over_ranks(comm, static_cast<double>((rounded - exact).norm()));
  }
  detail::store_part(b.x, x.axis == Axis::rows, y.local);
  return info;
}

}  // namespace pion::distributed
