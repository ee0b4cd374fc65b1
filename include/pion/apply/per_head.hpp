// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt
#include <cstddef>    // std::byte, std::size_t
#include <cstdint>    // std::int64_t
#include <new>        // placement new

#include <pion/apply/apply.hpp>
#include <pion/filter/heads.hpp>

namespace pion {

/// What a call of apply_per_head() did.
struct PerHeadInfo {
  Index heads = 0;
  Index dead = 0;            ///< Heads whose update the filter has killed.
  double output_norm = 0.0;  ///< ||y||_F over all heads.
};

/// The per-head mode (Fan et al. 2026, Alg. 3): each head is normalised and filtered by itself.
///
/// \param heads  Heads (equal heads along an axis) or FusedHeads (projections one after the other).
/// \param each   where given, receives head_count(heads) infos, one for each head.
/// Heads run in parallel, one worker each, with the plan of their own shape. Everything else as
/// apply(): y is written last or not at all, and nothing is allocated once the workspace is warm.
/// \throws std::invalid_argument if the heads do not fill the matrix exactly; as apply().
template <class Engine = DefaultEngine, class X, class Layout, class Y,
          detail::require_matrix<Y> = 0>
PerHeadInfo apply_per_head(const Filter& f, const Eigen::MatrixBase<X>& x, const Layout& heads,
                           Y&& y, Workspace& workspace, Method method = Method::automatic,
                           ApplyInfo* each = nullptr) {
  constexpr const char* here = "apply_per_head";
  detail::require_writable<Y>();
  detail::require_same_shape(here, x, y);
  require_heads_fit(here, heads, x.rows(), x.cols());
  if (x.size() == 0) return {head_count(heads), 0, 0.0};
  using T = detail::compute_t<typename X::Scalar>;
  using Worker = typename engine::require_engine_t<Engine, T>::Serial;

  // Inside, the matrix may lie transposed (detail::load), and its heads then along the other axis.
  const bool tall = x.rows() > x.cols();
  const Axis axis = tall == (heads.axis == Axis::cols) ? Axis::rows : Axis::cols;
  const Index m = (std::min)(x.rows(), x.cols());
  const Index n = (std::max)(x.rows(), x.cols());
  const Index extent = axis == Axis::rows ? m : n;
  const Index count = head_count(heads);
  const int workers = Engine::workers();

  const auto plan_of = [&](Index size) {
    return axis == Axis::rows ? plan<T, Worker>(f, size, n, method)
                              : plan<T, Worker>(f, m, size, method);
  };
  std::size_t bytes_each = 0;
  Plan p;
  Index planned_size = -1;
  for (Index i = 0; i < count; ++i) {
    const Index size = head_range(heads, extent, i).size;
    if (size == planned_size) continue;
    p = plan_of(size);
    planned_size = size;
    bytes_each = (std::max)(bytes_each, p.workspace);
  }
  const bool one_size = head_range(heads, extent, 0).size * count == extent;

  engine::View<T> whole;
  ApplyInfo* infos = nullptr;
  std::byte* work = nullptr;
  const auto lay_out = [&](detail::Arena& arena) {
    whole = engine::View<T>(arena.take<T>(m * n), m, n);
    infos = arena.take<ApplyInfo>(count);
    work = arena.take<std::byte>(static_cast<std::int64_t>(bytes_each) * workers);
  };
  detail::Arena counting;
  lay_out(counting);
  detail::Arena arena(workspace, counting.used());
  lay_out(arena);

  detail::load(here, x, whole);
  Engine::for_each(workers, count, [&](Index i, int worker) {
    auto all = engine::as_eigen(whole);
    auto head = detail::head_block(all, heads, axis, i);
    const Plan own = one_size ? p : plan_of(head_range(heads, extent, i).size);
    detail::Arena mine(work + bytes_each * static_cast<std::size_t>(worker));
    detail::Buffers<Worker, T> buffers(mine, own.method, (std::min)(head.rows(), head.cols()),
                                       (std::max)(head.rows(), head.cols()));
    const double largest = detail::load(here, head, buffers.x);
    new (infos + i) ApplyInfo(detail::filter_loaded<Worker>(f, own, largest, buffers));
    detail::store(buffers.x, head);
  });

  PerHeadInfo info;
  info.heads = count;
  double squares = 0.0;
  for (Index i = 0; i < count; ++i) {
    const ApplyInfo& one = infos[i];
    squares += one.output_norm * one.output_norm;
    if (one.dead) ++info.dead;
  }
  info.output_norm = std::sqrt(squares);
  detail::require_representable<typename detail::plain_t<Y>::Scalar>(here, whole, info.output_norm);
  if (each != nullptr) std::copy(infos, infos + count, each);
  detail::store(whole, y);
  return info;
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
