// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::fill, std::max_element, std::min_element, std::sort
#include <cstddef>    // std::size_t
#include <exception>
#include <iterator>   // std::size
#include <stdexcept>  // std::domain_error, std::invalid_argument
#include <string>
#include <utility>  // std::declval
#include <vector>

#include <pion/apply/within.hpp>

namespace pion {

/// What apply_batch() works in, kept by the caller between calls: a workspace for each worker. Not
/// to be shared by two calls at the same time.
class BatchWorkspace {
 public:
  struct Item {
    double cost;
    std::size_t bytes;
    std::size_t index;
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
    *std::min_element(loads.begin(), loads.end()) += items[i].cost;
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
    before += items[k - 1].cost / (workers * together);
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

/// Throws the first of the errors again, saying which matrix it is about.
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

/// apply_batch() by one(engine, i, workspace) for each matrix, which costs what plan_of(Worker{},
/// i) says.
template <class Engine, class Xs, class Ys, class PlanOf, class One>
void share_out(const Xs& xs, Ys& ys, BatchWorkspace& workspace, const PlanOf& plan_of,
               const One& one) {
  using T = compute_t<typename plain_t<decltype(xs[0])>::Scalar>;
  using Worker = typename engine::require_engine_t<Engine, T>::Serial;
  const std::size_t count = std::size(xs);
  if (count != std::size(ys)) {
    refuse_argument("apply_batch: " + std::to_string(count) + " matrices in, " +
                    std::to_string(std::size(ys)) + " out");
  }
  workspace.items.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (xs[i].rows() != ys[i].rows() || xs[i].cols() != ys[i].cols()) {
      require_same_shape(("apply_batch: matrix " + std::to_string(i)).c_str(), xs[i], ys[i]);
    }
    const Plan p = plan_of(Worker{}, i);
    workspace.items[i] = {p.multiply_adds, p.workspace, i};
  }
  std::sort(workspace.items.begin(), workspace.items.end(), [](const auto& a, const auto& b) {
    return a.cost != b.cost ? a.cost > b.cost : a.index < b.index;
  });

  const int workers = Engine::workers();
  workspace.loads.resize(static_cast<std::size_t>(workers));
  if (workspace.workers.size() < workspace.loads.size()) {
    workspace.workers.resize(workspace.loads.size());
  }
  workspace.errors.assign(count, nullptr);
  const auto run = [&](auto engine, std::size_t item, Workspace& own) {
    const std::size_t i = workspace.items[item].index;
    guarded(workspace.errors[i], [&] { one(engine, i, own); });
  };
  const std::size_t together = done_together(workspace.items, workspace.loads);
  for (std::size_t k = 0; k < together; ++k) run(Engine{}, k, workspace.workers[0]);
  std::size_t most = 0;  // any worker may get any of the rest
  for (std::size_t k = together; k < count; ++k) most = (std::max)(most, workspace.items[k].bytes);
  for (Workspace& own : workspace.workers) own.reserve(most);
  Engine::for_each(workers, static_cast<Index>(count - together), [&](Index k, int worker) {
    run(Worker{}, together + static_cast<std::size_t>(k),
        workspace.workers[static_cast<std::size_t>(worker)]);
  });
  rethrow_first(workspace.errors);
}

}  // namespace detail

/// ys[i] = f(xs[i]) for each matrix of a list: apply() of one after the other, to the last bit, on
/// all cores.
///
/// \param xs  a list (std::vector, std::array, ...) of what apply() takes, of any shapes.
/// \param ys  a list of as many outputs of the same shapes; it may be xs.
/// \param workspace  nothing is allocated where it has seen the like before.
/// \param each  where given, receives as many infos.
/// The largest come first. Matrices are shared out among the workers, one worker each, but for the
/// few on which all work together because the last of them would end later otherwise. Inside a
/// parallel region of the caller everything stays on the caller's thread.
/// \throws std::invalid_argument if the lists or a pair of shapes differ, before anything is done;
///         as apply(), with the number of the first matrix that is refused. Its y is as it was; the
///         other matrices are done.
template <class Engine = DefaultEngine, class Xs, class Ys>
void apply_batch(const Filter& f, const Xs& xs, Ys& ys, BatchWorkspace& workspace,
                 Method method = Method::automatic, ApplyInfo* each = nullptr) {
  using Scalar = typename detail::plain_t<decltype(xs[0])>::Scalar;
  detail::share_out<Engine>(
      xs, ys, workspace,
      [&](auto engine, std::size_t i) {
        return plan<Scalar, decltype(engine)>(f, xs[i].rows(), xs[i].cols(), method);
      },
      [&](auto engine, std::size_t i, Workspace& own) {
        const ApplyInfo info = apply<decltype(engine)>(f, xs[i], ys[i], own, method);
        if (each != nullptr) each[i] = info;
      });
}

/// The same within a tolerance, each matrix by the method that pays for it.
/// \param starts  where given, as many warm starts, one for each matrix.
template <class Engine = DefaultEngine, class Xs, class Ys>
void apply_batch(
    const Filter& f, const Xs& xs, Ys& ys, BatchWorkspace& workspace, const Tolerance& tolerance,
    ApplyInfo* each = nullptr,
    WarmStart<detail::compute_t<typename detail::plain_t<decltype(std::declval<Xs>()[0])>::Scalar>>*
        starts = nullptr) {
  using Scalar = typename detail::plain_t<decltype(xs[0])>::Scalar;
  detail::share_out<Engine>(
      xs, ys, workspace,
      [&](auto engine, std::size_t i) {
        return plan<Scalar, decltype(engine)>(f, xs[i].rows(), xs[i].cols(), tolerance);
      },
      [&](auto engine, std::size_t i, Workspace& own) {
        auto* const start = starts == nullptr ? nullptr : starts + i;
        const ApplyInfo info = apply<decltype(engine)>(f, xs[i], ys[i], own, tolerance, start);
        if (each != nullptr) each[i] = info;
      });
}

}  // namespace pion
