// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min

#include <pion/algorithm/svd.hpp>
#include <pion/apply/apply.hpp>

namespace pion {

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
  using Engine = engine::eigen;
  const Index m = (std::min)(x.rows(), x.cols());
  const Index n = (std::max)(x.rows(), x.cols());
  Workspace workspace;
  detail::Arena arena(workspace, detail::workspace_bytes<Engine, T>(Method::dense, m, n));
  detail::Buffers<Engine, T> buffers(arena, Method::dense, m, n);

  ApplyInfo info;
  info.method = Method::svd;
  info.survivors = 0;
  const double largest = detail::load(here, x, buffers.x);
  if (detail::normalize_loaded(f.normalizer, largest, buffers)) {
    const algorithm::SvdOutcome outcome = algorithm::svd(f.chain, buffers.x, threshold);
    info.rank = outcome.rank;
    info.survivors = outcome.survivors;
    detail::inspect_result(f, largest, buffers, info);
  }
  detail::require_representable<typename detail::plain_t<Y>::Scalar>(here, buffers.x,
                                                                     info.output_norm);
  detail::store(buffers.x, y);
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
