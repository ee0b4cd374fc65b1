// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::copy, std::max, std::min
#include <cmath>      // std::sqrt
#include <cstddef>    // std::byte, std::size_t
#include <cstdint>    // std::int64_t
#include <new>        // placement new

#include <pion/apply/apply.hpp>
#include <pion/detail/span.hpp>
#include <pion/filter/heads.hpp>

/// The per-head mode (Fan et al. 2026, Alg. 3): each head is normalised and filtered by itself.
namespace pion {

/// What a call of apply_per_head() did.
struct PerHeadInfo {
  Index heads = 0;           ///< How many there are.
  Index dead = 0;            ///< Heads whose update the filter has killed.
  double output_norm = 0.0;  ///< ||y||_F over all heads.
};

/// A filter planned for the heads of matrices of one shape: plan_per_head() makes it, and
/// apply_per_head() runs it.
template <class Layout, class Scalar, class Engine = DefaultEngine>
struct PlannedHeads {
  Filter filter;
  Layout heads;
  Index rows = 0;              ///< Of the whole matrix.
  Index cols = 0;              ///< Of the whole matrix.
  detail::ChainPlan by_chain;  ///< What the chain alone decides, once for all heads.
};

namespace detail {

/// The heads of a matrix as it lies inside a call: short side first (load()), and so perhaps
/// transposed, its heads along the other axis.
template <class Layout>
struct HeadsInside {
  const Layout& heads;
  Axis axis;
  Index m, n;  // m <= n

  HeadsInside(const Layout& layout, Index rows, Index cols)
      : heads(layout),
        axis((rows > cols) == (layout.axis == Axis::cols) ? Axis::rows : Axis::cols),
        m((std::min)(rows, cols)),
        n((std::max)(rows, cols)) {}

  Index count() const { return head_count(heads); }
  Index size(Index i) const { return head_range(heads, axis == Axis::rows ? m : n, i).size; }

  /// The plan of head i.
  template <class Scalar, class Engine>
  Plan plan(const Chain& f, const ChainPlan& by_chain, Index i) const {
    return axis == Axis::rows ? plan_shape<Scalar, Engine>(f, by_chain, size(i), n)
                              : plan_shape<Scalar, Engine>(f, by_chain, m, size(i));
  }

  /// The workspace that any head needs.
  template <class Scalar, class Engine>
  std::size_t workspace(const Chain& f, const ChainPlan& by_chain) const {
    std::size_t most = 0;
    for (Index i = 0; i < count(); ++i) {
      if (i > 0 && size(i) == size(i - 1)) continue;
      most = (std::max)(most, plan<Scalar, Engine>(f, by_chain, i).workspace);
    }
    return most;
  }
};

/// What apply_per_head() works on: the whole matrix, what became of each head, and a piece of
/// memory for each worker.
template <class T>
struct PerHeadBuffers {
  PerHeadBuffers(Arena& arena, Index m, Index n, Index count, std::size_t bytes_each, Index workers)
      : whole(arena.take<T>(m * n), m, n),
        infos(arena.take<ApplyInfo>(count)),
        work(arena.take<std::byte>(static_cast<std::int64_t>(bytes_each) * workers)) {}

  engine::View<T> whole;
  ApplyInfo* infos;
  std::byte* work;
};

/// The whole of a call; the heads fit the matrix.
template <class Engine, class Layout, class X, class Y>
PerHeadInfo run_per_head(const Filter& f, const ChainPlan& by_chain, const Layout& heads,
                         const Eigen::MatrixBase<X>& x, Y& y, Workspace& workspace,
                         Span<ApplyInfo> each) {
  constexpr const char* here = "apply_per_head";
  using T = compute_t<typename X::Scalar>;
  using Worker = typename engine::require_engine_t<Engine, T>::Serial;
  const HeadsInside<Layout> inside(heads, x.rows(), x.cols());
  const Index count = inside.count();
  require_places(here, "infos", each, static_cast<std::size_t>(count));
  if (x.size() == 0) {
    for (std::size_t i = 0; i < each.size(); ++i) each[i] = ApplyInfo();
    return {count, 0, 0.0};
  }

  const std::size_t bytes_each = inside.template workspace<T, Worker>(f.chain, by_chain);
  const int workers = static_cast<int>(std::min<Index>(Engine::workers(), count));
  const auto b =
      laid_out<PerHeadBuffers<T>>(workspace, inside.m, inside.n, count, bytes_each, Index(workers));
  load(here, x, b.whole);
  Engine::for_each(workers, count, [&](Index i, int worker) {
    auto all = engine::as_eigen(b.whole);
    auto head = head_block(all, heads, inside.axis, i);
    const Plan own = inside.template plan<T, Worker>(f.chain, by_chain, i);
    std::byte* const mine = b.work + bytes_each * static_cast<std::size_t>(worker);
    engine::View<T> x_h = filtering_input<T>(mine, own.rows, own.cols);
    const double largest = load(here, head, x_h);
    new (b.infos + i) ApplyInfo(filter_loaded<Worker>(f, own, largest, mine, x_h));
    store(x_h, head);
  });

  PerHeadInfo info;
  info.heads = count;
  double squares = 0.0;
  for (Index i = 0; i < count; ++i) {
    const ApplyInfo& one = b.infos[i];
    squares += one.output_norm * one.output_norm;
    if (one.dead) ++info.dead;
  }
  info.output_norm = std::sqrt(squares);
  require_representable<typename plain_t<Y>::Scalar>(here, b.whole, info.output_norm);
  if (!each.empty()) std::copy(b.infos, b.infos + count, each.data());
  store(b.whole, y);
  return info;
}

}  // namespace detail

/// Plans `f` for the heads of rows x cols matrices of `Scalar` on `Engine`.
/// \param heads  Heads (equal heads along an axis) or FusedHeads (projections one after the other).
/// \throws std::invalid_argument if the heads do not fill the matrix exactly, or if `method` is svd
///         or low_rank, or gram for a chain of more than 64 steps.
template <class Scalar = float, class Engine = DefaultEngine, class Layout>
PlannedHeads<Layout, Scalar, Engine> plan_per_head(const Filter& f, const Layout& heads, Index rows,
                                                   Index cols, Method method = Method::automatic) {
  require_heads_fit("plan_per_head", heads, rows, cols);
  return {f, heads, rows, cols, detail::plan_chain(f.chain, method)};
}

/// Filters each head of x by itself: y_h = f(x_h).
///
/// \param f  a filter planned for the heads of x's shape.
/// \param x  m x n, any dense Eigen expression, evaluated once.
/// \param[out] y  m x n, writable; it may be x, or overlap it. It is written last, or not at all.
/// \param workspace  grows to x, its infos and one head for each worker; no allocation once warm.
/// \param each  where given, one ApplyInfo for each head.
/// Heads run in parallel, one worker each, with the plan of their own shape.
/// \throws std::invalid_argument if the heads are planned for another shape, y's shape is not x's,
///         or `each` has not one place for each head.
/// \throws std::domain_error if an entry of x is NaN or infinite, or the result overflows.
/// Cost: the multiply-adds of each head's plan. Determinism: bitwise the same for engine::eigen and
/// engine::openmp, with any number of threads.
template <class Layout, class Scalar, class Engine, class X, class Y, detail::require_matrix<Y> = 0>
PerHeadInfo apply_per_head(const PlannedHeads<Layout, Scalar, Engine>& f,
                           const Eigen::MatrixBase<X>& x, Y&& y, Workspace& workspace,
                           Span<ApplyInfo> each = {}) {
  detail::require_writable<Y>();
  detail::require_same_shape("apply_per_head", x, y);
  Plan shape_of_x;
  shape_of_x.rows = f.rows;
  shape_of_x.cols = f.cols;
  detail::require_planned<Scalar>("apply_per_head", shape_of_x, x);
  return detail::run_per_head<Engine>(f.filter, f.by_chain, f.heads, x, y, workspace, each);
}

/// The same with a plan of its own.
/// \throws std::invalid_argument if the heads do not fill the matrix exactly, y's shape is not x's,
///         or `each` has not one place for each head.
/// \throws std::domain_error if an entry of x is NaN or infinite, or the result overflows.
template <class Engine = DefaultEngine, class X, class Layout, class Y,
          detail::require_matrix<Y> = 0>
PerHeadInfo apply_per_head(const Filter& f, const Eigen::MatrixBase<X>& x, const Layout& heads,
                           Y&& y, Workspace& workspace, Method method = Method::automatic,
                           Span<ApplyInfo> each = {}) {
  detail::require_writable<Y>();
  detail::require_same_shape("apply_per_head", x, y);
  require_heads_fit("apply_per_head", heads, x.rows(), x.cols());
  return detail::run_per_head<Engine>(f, detail::plan_chain(f.chain, method), heads, x, y,
                                      workspace, each);
}

/// The same with a workspace of its own, returning the matrix.
template <class Engine = DefaultEngine, class X, class Layout>
auto apply_per_head(const Filter& f, const Eigen::MatrixBase<X>& x, const Layout& heads,
                    Method method = Method::automatic) {
  typename X::PlainObject y(x.rows(), x.cols());
  Workspace workspace;
  apply_per_head<Engine>(f, x, heads, y, workspace, method);
  return y;
}

}  // namespace pion
