// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::byte, std::size_t
#include <string>
#include <type_traits>
#include <utility>  // std::move

#include <pion/apply/polar.hpp>
#include <pion/cuda/list.hpp>
#include <pion/cuda/low_rank.hpp>
#include <pion/cuda/svd_bodies.hpp>
#include <pion/cuda/svd_solver.hpp>
#include <pion/detail/finite.hpp>
#include <pion/diagnostics/spectrum.hpp>
#include <pion/optimizer/parts/polar_factor.hpp>

/// The calls that take a full SVD on a device: LRMuon's direction, and the diagnostics.
namespace pion {
namespace cuda {

/// y <- U_k V_k^T with memory at `at`. Where `at` is null, only counts the bytes that it needs.
template <class S, class Y>
std::size_t polar_of_largest(const Matrix<const S>& x, Index k, const Matrix<Y>& y,
                             Context& context, Info* told, std::byte* at) {
  using T = sum_t<S>;
  const Index n = (std::max)(x.rows, x.cols), m = (std::min)(x.rows, x.cols);
  detail::Arena arena(at);
  Svd<T> svd(arena, context, n, m, true);
  double* const gain = arena.take<double>(m);
  if (at == nullptr || m == 0) return arena.used();
  svd.load(x);
  svd.decompose();
  const cudaStream_t stream = context.stream();
  const Index most = (std::min)(k, m);
  check(once(stream, m, Select<T>{svd.sigma, m, most, n, svd.failed, gain, svd.info}), "once");
  const Batch<T> u = svd.u.block(0, 0, n, most), vt = svd.vt.block(0, 0, most, m);
  check(map(stream, u.shape(), ScaleColumns<T>{u, gain}), "map");
  multiply(context, false, 1.0, u, Op::plain, vt, Op::plain, 0.0, svd.a);
  const PointerBatch<Y> table = Svd<T>::long_side_first(y);
  check(transfer(stream, svd.a.shape(), Store<T, Y>{svd.a, table, svd.info}, false, table.crossed),
        "transfer");
  CopyInfo deliver{svd.info, {}};
  deliver.to[0] = told;
  check(once(stream, 1, deliver), "once");
  return arena.used();
}

/// x <- the direction of LRMuon, in a step on a device (cuda/step.hpp).
template <class T>
PlannedBytes plan_rule(const optimizer::PolarFactor<Leading>& rule, const Matrix<T>& x,
                       Context& context, const Options&) {
  const Matrix<const T> in = x;
  return {polar_of_largest(in, rule.selection.rank, x, context, nullptr, nullptr)};
}

/// x <- the direction, with memory at `at`.
template <class T>
void direct(const optimizer::PolarFactor<Leading>& rule, const PlannedBytes&, const Matrix<T>& x,
            Context& context, const Options& tolerance, std::byte* at) {
  const Matrix<const T> in = x;
  polar_of_largest(in, rule.selection.rank, x, context, tolerance.info, at);
}

}  // namespace cuda

/// Computes the polar factor of the `rank` leading directions on a device (LRMuon's) by cuSOLVER's
/// SVD, in float, or double for doubles.
///
/// x, y, context and info are those of the device's apply(); the info's rank is the number of
/// directions kept. Where the SVD does not converge, y is as it was and the info says so. cuSOLVER
/// may wait for the device, and a graph cannot capture the call.
/// \throws std::invalid_argument if the rank is not positive, shapes or strides do not fit, or the
///         stream is captured; device_error if a call of CUDA or cuSOLVER fails.
template <class X, class Y>
void polar_factor(cuda::Matrix<X> x, const Leading& selection, cuda::Matrix<Y> y,
                  cuda::Context& context, cuda::Info* info = nullptr) {
  constexpr const char* here = "polar_factor";
  const cuda::Matrix<const std::remove_const_t<X>> in = x;
  cuda::require_fit(here, in, y);
  selection.require_valid(here);
  context.require_no_capture(here);
  const std::size_t bytes = cuda::polar_of_largest(in, selection.rank, y, context, info, nullptr);
  cuda::polar_of_largest(in, selection.rank, y, context, info, context.reserve(bytes));
}

/// Computes the same within a tolerance: by the low-rank method, certified, or by the SVD where
/// that method proves no gap after sigma_k. It is polar_factor() with a tolerance on the host; it
/// waits for the device, copies to the host and takes a warm start as the device's apply() with a
/// tolerance does.
/// \throws std::invalid_argument if the rank is not positive, shapes or strides do not fit, a
///         number of the tolerance is out of its range, or the stream is captured;
///         std::domain_error if an entry of x is not finite or the SVD does not converge;
///         device_error if a call of CUDA fails.
template <class X, class Y>
ApplyInfo polar_factor(cuda::Matrix<X> x, const Leading& selection, cuda::Matrix<Y> y,
                       cuda::Context& context, const Tolerance& tolerance,
                       cuda::WarmStart<cuda::sum_t<std::remove_const_t<X>>>* start = nullptr) {
  using S = std::remove_const_t<X>;
  constexpr const char* here = "polar_factor";
  const cuda::Matrix<const S> in = x;
  cuda::require_fit(here, in, y);
  context.require_no_capture(here);
  selection.require_valid(here);
  const Plan p = detail::plan_polar<float, engine::eigen>(selection, x.rows, x.cols, tolerance);
  ApplyInfo info;
  info.method = Method::svd;
  if (x.rows == 0 || x.cols == 0) return info;
  auto& exchange = context.exchange();
  if (p.method == Method::low_rank) {
    const algorithm::PolarCriterion<Leading> criterion(selection, x.rows, x.cols,
                                                       cuda::Scalar<cuda::sum_t<S>>::epsilon);
    const auto found = cuda::apply_low_rank(here, criterion, in, y, context, p, tolerance, start);
    if (found) return *found;
  }
  constexpr std::size_t front = (sizeof(cuda::Info) + 63) / 64 * 64;
  const std::size_t bytes =
      cuda::polar_of_largest<S, Y>(in, selection.rank, y, context, nullptr, nullptr);
  std::byte* const memory = context.reserve(front + bytes);
  const auto told = reinterpret_cast<cuda::Info*>(memory);
  cuda::polar_of_largest(in, selection.rank, y, context, told, memory + front);
  const cuda::Info svd = exchange.fetch(told);
  if (svd.status == cuda::Info::not_finite) cuda::refuse_not_finite(here);
  if (svd.status == cuda::Info::not_converged) {
    detail::refuse_values("polar_factor: the SVD does not converge");
  }
  info.rank = svd.rank;
  info.survivors = svd.rank;
  info.output_norm = svd.output_norm;
  info.dead = svd.rank == 0 && svd.largest > 0.0;
  return info;
}

/// Computes the spectrum of a matrix on a device, by cuSOLVER in double (values alone). The call
/// waits for the values; they alone are copied to the host, and every measure is computed there.
/// \throws std::invalid_argument if the shape or stride is not possible, or the stream is captured;
///         std::domain_error if an entry is not finite, the SVD does not converge or sigma_1
///         overflows a double; device_error if a call of CUDA or cuSOLVER fails.
template <class X>
Spectrum spectrum(cuda::Matrix<X> x, cuda::Context& context) {
  constexpr const char* here = "spectrum";
  const cuda::Matrix<const std::remove_const_t<X>> in = x;
  cuda::require_fit(here, in, in);
  context.require_no_capture(here);
  const Index n = (std::max)(x.rows, x.cols), m = (std::min)(x.rows, x.cols);
  if (m == 0) return {Eigen::VectorXd::Zero(0), x.rows, x.cols};
  context.exchange();  // as in apply() with a tolerance
  detail::Arena counting;
  cuda::Svd<double>(counting, context, n, m, false);
  detail::Arena arena(context.reserve(counting.used()));
  const cuda::Svd<double> svd(arena, context, n, m, false);
  svd.load(in);
  svd.decompose();
  const auto info = context.exchange().fetch(svd.info);
  if (info.status != cuda::Info::done) detail::refuse_values("spectrum: an entry is not finite");
  if (context.exchange().fetch(svd.failed) != 0) {
    detail::refuse_values("spectrum: the SVD does not converge");
  }
  Eigen::VectorXd values(m);
  context.exchange().fetch(svd.sigma, m, values.data());
  values *= info.norm;
  if (!pion::detail::is_finite(values(0))) {
    detail::refuse_values("spectrum: the largest singular value overflows; scale the matrix");
  }
  return {std::move(values), x.rows, x.cols};
}

/// Shorthands as on the host; each takes an SVD and waits.
/// \throws std::invalid_argument, std::domain_error and device_error where spectrum() does.
template <class X>
double effective_rank(cuda::Matrix<X> x, cuda::Context& context) {
  return spectrum(x, context).effective_rank();
}
template <class X>
double stable_rank(cuda::Matrix<X> x, cuda::Context& context) {
  return spectrum(x, context).stable_rank();
}
template <class X>
double nuclear_rank(cuda::Matrix<X> x, cuda::Context& context) {
  return spectrum(x, context).nuclear_rank();
}
template <class X>
double participation_ratio(cuda::Matrix<X> x, cuda::Context& context) {
  return spectrum(x, context).participation_ratio();
}

}  // namespace pion
