// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::fill, std::max_element, std::min_element, std::sort
#include <cstddef>    // std::size_t
#include <exception>
#include <iterator>  // std::size
#include <optional>
#include <stdexcept>  // std::domain_error, std::invalid_argument
#include <string>
#include <utility>  // std::declval
#include <vector>

#include <pion/apply/within.hpp>
#include <pion/detail/span.hpp>

namespace pion {

/// What apply_batch() works in, kept by the caller between calls: a workspace for each worker. Not
/// to be shared by two calls at the same time.
class BatchWorkspace {
 public:
  /// What is to be done with one matrix of the list.
  struct Item {
    std::size_t index;  ///< Its place in the list.
    Plan plan;          ///< On one worker.
    Plan exact;  ///< Within a tolerance: of what runs where the plan's low-rank method does not.
  };
  std::vector<Workspace> workers;          ///< One each; the first also serves all together.
  std::vector<Item> items;                 ///< Largest first.
  std::vector<double> loads;               ///< Of each worker, while a schedule is weighed.
  std::vector<std::exception_ptr> errors;  ///< Of each matrix.
};

namespace detail {

/// The time until the last worker is done where each takes the next of the items from `first` on.
inline double makespan(const std::vector<BatchWorkspace::Item>& items, std::size_t first,
                       std::vector<double>& loads) {
  std::fill(loads.begin(), loads.end(), 0.0);
  for (std::size_t i = first; i < items.size(); ++i) {
    *std::min_element(loads.begin(), loads.end()) += items[i].plan.multiply_adds;
  }
  return *std::max_element(loads.begin(), loads.end());
}

/// How many of the items, largest first, to do one after the other with all workers before the rest
/// are shared out, one worker each: what is done soonest. (Workers together on one matrix reach
/// about nine tenths of what they do apart.)
inline std::size_t done_together(const std::vector<BatchWorkspace::Item>& items,
                                 std::vector<double>& loads) {
  constexpr double together = 0.9;
  const auto workers = static_cast<double>(loads.size());
  std::size_t best = 0;
  double least = makespan(items, 0, loads), before = 0.0;
  for (std::size_t k = 1; k <= (std::min)(items.size(), 2 * loads.size()); ++k) {
    before += items[k - 1].plan.multiply_adds / (workers * together);
    const double time = before + makespan(items, k, loads);
    if (time < least) {
      least = time;
      best = k;
    }
  }
  return best;
}

/// Runs a task and keeps what it throws, which must not leave a parallel region.
template <class Task>
void guarded([[maybe_unused]] std::exception_ptr& error, const Task& task) {
#if defined(__cpp_exceptions)
  try {
    task();
  } catch (...) {
    error = std::current_exception();
  }
#else
  task();
#endif
}

/// Throws the first of the errors again; one of pion's own says which matrix it is about.
inline void rethrow_first(const std::vector<std::exception_ptr>& errors) {
#if defined(__cpp_exceptions)
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (!errors[i]) continue;
    const std::string which = "apply_batch: matrix " + std::to_string(i) + ": ";
    try {
      std::rethrow_exception(errors[i]);
    } catch (const std::invalid_argument& e) {
      refuse_argument(which + e.what());
    } catch (const std::domain_error& e) {
      refuse_values(which + e.what());
    }
  }
#else
  static_cast<void>(errors);
#endif
}

/// apply_batch() of planned items: run(engine, item, workspace) for each. An item's plan is for one
/// worker; where all workers take one matrix together, the call reserves what they need.
template <class Engine, class Run>
void share_out(std::size_t count, BatchWorkspace& workspace, const Run& run) {
  using Worker = typename Engine::Serial;
  std::vector<BatchWorkspace::Item>& items = workspace.items;
  std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
    const double cost = a.plan.multiply_adds, other = b.plan.multiply_adds;
    return cost != other ? cost > other : a.index < b.index;
  });

  const int workers = Engine::workers();
  workspace.loads.resize(static_cast<std::size_t>(workers));
  if (workspace.workers.size() < workspace.loads.size()) {
    workspace.workers.resize(workspace.loads.size());
  }
  workspace.errors.assign(count, nullptr);
  const auto guarded_run = [&](auto engine, std::size_t k, Workspace& own) {
    guarded(workspace.errors[items[k].index], [&] { run(engine, items[k], own); });
  };
  const std::size_t together = done_together(items, workspace.loads);
  for (std::size_t k = 0; k < together; ++k) guarded_run(Engine{}, k, workspace.workers[0]);
  std::size_t most = 0;  // any worker may get any of the rest
  for (std::size_t k = together; k < count; ++k) most = (std::max)(most, items[k].plan.workspace);
  for (Workspace& own : workspace.workers) own.reserve(most);
  Engine::for_each(workers, static_cast<Index>(count - together), [&](Index k, int worker) {
    guarded_run(Worker{}, together + static_cast<std::size_t>(k),
                workspace.workers[static_cast<std::size_t>(worker)]);
  });
  rethrow_first(workspace.errors);
}

/// \throws std::invalid_argument if the lists or a pair of shapes differ.
template <class Xs, class Ys>
void require_same_shapes(const Xs& xs, const Ys& ys) {
  const std::size_t count = std::size(xs);
  if (count != std::size(ys)) {
    refuse_argument("apply_batch: " + std::to_string(count) + " matrices in, " +
                    std::to_string(std::size(ys)) + " out");
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (xs[i].rows() == ys[i].rows() && xs[i].cols() == ys[i].cols()) continue;
    require_same_shape(("apply_batch: matrix " + std::to_string(i)).c_str(), xs[i], ys[i]);
  }
}

template <class List>
using scalar_of = typename plain_t<decltype(std::declval<const List&>()[0])>::Scalar;

}  // namespace detail

/// Filters a list of matrices, ys[i] = f(xs[i]): apply() of one after the other, to the last bit,
/// on all cores.
///
/// \param xs  a list (std::vector, std::array, ...) of what apply() takes, of any shapes.
/// \param ys  a list of as many outputs of the same shapes; ys[i] may be xs[i] or overlap it, but
///         none of the others, for they are filtered at the same time.
/// \param workspace  nothing is allocated where it has seen the like before.
/// \param each  where given, one ApplyInfo for each matrix. The largest matrices come first.
///         Matrices are shared out among the workers, one worker each, but for the few on which all
///         work together because the last of them would end later otherwise. Inside a parallel
///         region of the caller everything stays on the caller's thread.
/// \throws std::invalid_argument if the lists or a pair of shapes differ, or `each` has another
///         size, before anything is done; or with the number of the first matrix that apply()
///         refuses.
/// \throws std::domain_error with the number of the first matrix that has an entry that is NaN or
///         infinite, or whose result overflows. The y of a refused matrix is as it was; the other
///         matrices are done. An exception of another type (std::bad_alloc, one of the caller's
///         engine) comes as it is, without a number.
/// Cost: the multiply-adds of each matrix's plan; the chain is planned once.
template <class Engine = DefaultEngine, class Xs, class Ys>
void apply_batch(const Filter& f, const Xs& xs, Ys& ys, BatchWorkspace& workspace,
                 Method method = Method::automatic, Span<ApplyInfo> each = {}) {
  using Scalar = detail::scalar_of<Xs>;
  using Worker = typename engine::require_engine_t<Engine, detail::compute_t<Scalar>>::Serial;
  const std::size_t count = std::size(xs);
  detail::require_same_shapes(xs, ys);
  detail::require_places("apply_batch", "infos", each, count);
  const detail::ChainPlan by_chain = detail::plan_chain(f.chain, method);
  workspace.items.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    workspace.items[i].index = i;
    workspace.items[i].plan =
        detail::plan_shape<Scalar, Worker>(f.chain, by_chain, xs[i].rows(), xs[i].cols());
  }
  detail::share_out<Engine>(
      count, workspace, [&](auto engine, const BatchWorkspace::Item& item, Workspace& own) {
        const ApplyInfo info =
            detail::run<decltype(engine)>(f, item.plan, xs[item.index], ys[item.index], own);
        if (!each.empty()) each[item.index] = info;
      });
}

/// The same within a tolerance, each matrix by the method that pays for it.
/// \param starts  where given, one warm start for each matrix.
/// \throws std::invalid_argument if the tolerance or the probability of failure is out of range, if
///         the lists, a pair of shapes or the number of starts differ, or a start is for another
///         number of rows.
/// \throws std::domain_error as above.
template <class Engine = DefaultEngine, class Xs, class Ys>
void apply_batch(const Filter& f, const Xs& xs, Ys& ys, BatchWorkspace& workspace,
                 const Tolerance& tolerance, Span<ApplyInfo> each = {},
                 Span<WarmStart<detail::compute_t<detail::scalar_of<Xs>>>> starts = {}) {
  using Scalar = detail::scalar_of<Xs>;
  using Worker = typename engine::require_engine_t<Engine, detail::compute_t<Scalar>>::Serial;
  const std::size_t count = std::size(xs);
  detail::require_valid(tolerance);
  detail::require_same_shapes(xs, ys);
  detail::require_places("apply_batch", "infos", each, count);
  detail::require_places("apply_batch", "warm starts", starts, count);
  const detail::ChainPlan by_chain = detail::plan_chain(f.chain, detail::exact_method(tolerance));
  std::optional<algorithm::ChainCriterion> criterion;  // of the chain, whatever the shape
  workspace.items.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    BatchWorkspace::Item& item = workspace.items[i];
    item.index = i;
    item.exact = detail::plan_shape<Scalar, Worker>(f.chain, by_chain, xs[i].rows(), xs[i].cols());
    item.plan = item.exact;
    if (!detail::compression_may_pay(f, tolerance, item.exact, SubspaceCost{})) continue;
    if (!criterion) criterion.emplace(f.chain, tolerance.error);
    item.plan = detail::plan_subspace<Scalar, Worker>(*criterion, tolerance, item.exact);
  }
  detail::share_out<Engine>(
      count, workspace, [&](auto engine, const BatchWorkspace::Item& item, Workspace& own) {
        const std::size_t i = item.index;
        auto* const start = starts.empty() ? nullptr : &starts[i];
        const ApplyInfo info = detail::run_within<decltype(engine)>(
            f, item.plan, item.exact, criterion, xs[i], ys[i], own, tolerance, start);
        if (!each.empty()) each[i] = info;
      });
}

}  // namespace pion
