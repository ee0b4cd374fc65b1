// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::byte

#include <pion/algorithm/svd.hpp>
#include <pion/apply/apply.hpp>

namespace pion {

namespace detail {

/// Filters x by an SVD: Filtering::run()'s counterpart, in the memory for Method::dense.
template <class Engine, class T>
Filtered filter_by_svd(const Filter& f, double survivor_threshold, double largest,
                       std::byte* memory, engine::View<T>& x, algorithm::SvdOutcome& outcome) {
  Arena arena(memory);
  Buffers<Engine, T> b(arena, Method::dense, x.rows, x.cols);
  if (!normalize_loaded(f.normalizer, largest, b)) return {};
  outcome = algorithm::svd(f.chain, b.x, survivor_threshold);
  return inspect_result(f, largest, b);
}

#define PION_COMPILED_FILTER_BY_SVD(keyword, T)                    \
  keyword template Filtered filter_by_svd<engine::compiled_eigen>( \
      const Filter&, double, double, std::byte*, engine::View<T>&, algorithm::SvdOutcome&);
#if defined(PION_COMPILED)
PION_COMPILED_FILTER_BY_SVD(extern, float)
PION_COMPILED_FILTER_BY_SVD(extern, double)
#endif

}  // namespace detail

/// The reference: y = U f(S) V^T through Eigen's SVD, with the normaliser that apply() uses.
///
/// Arguments and errors as apply(). The info knows the numerical rank of x (singular values above
/// max(m, n) eps sigma_1) and the survivors, the directions whose gain |f| exceeds `threshold`.
/// Slow, and allocates; Eigen threads it where it was built to.
template <class X, class Y, detail::require_matrix<Y> = 0>
ApplyInfo apply_svd(const Filter& f, const Eigen::MatrixBase<X>& x, Y&& y,
                    double threshold = survivor_gain) {
  constexpr const char* here = "apply_svd";
  detail::require_writable<Y>();
  detail::require_same_shape(here, x, y);
  using T = detail::compute_t<typename X::Scalar>;
  using Engine = engine::core_t<engine::eigen>;
  const Index m = (std::min)(x.rows(), x.cols());
  const Index n = (std::max)(x.rows(), x.cols());
  Workspace workspace;
  workspace.reserve(detail::Filtering<Engine, T>::workspace(Method::dense, m, n));
  engine::View<T> inside = detail::filtering_input<T>(workspace.data(), m, n);
  const double largest = detail::load(here, x, inside);
  algorithm::SvdOutcome outcome;
  const detail::Filtered result =
      detail::filter_by_svd<Engine>(f, threshold, largest, workspace.data(), inside, outcome);
  detail::require_representable<typename detail::plain_t<Y>::Scalar>(here, inside, result.norm);

  ApplyInfo info;
  info.method = Method::svd;
  info.rank = outcome.rank;
  info.survivors = outcome.survivors;
  info.output_norm = result.norm;
  info.dead = result.dead;
  detail::store(inside, y);
  return info;
}

/// The same, returning the matrix.
template <class X>
auto apply_svd(const Filter& f, const Eigen::MatrixBase<X>& x) {
  typename X::PlainObject y(x.rows(), x.cols());
  apply_svd(f, x, y);
  return y;
}

}  // namespace pion
