// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <vector>

#include <pion/apply/apply.hpp>
#include <pion/cuda/list.hpp>

namespace pion {
namespace cuda {

/// One matrix of a list: y = f(x).
template <class X, class Y>
struct Job {
  Matrix<X> x;
  Matrix<Y> y;
};

}  // namespace cuda

/// Computes y = U f(S) V^T on a device, as apply() on the host: the same filters, normalisers and
/// methods, but not the SVD (cuda/svd.hpp).
///
/// \param x  m x n in device memory, of any storage order and scalar.
/// \param[out] y  m x n; it may be x, or overlap it. Written last, and only where every entry of x
///            is finite and the result fits y's scalar: options.info tells, for to throw here would
///            mean to wait.
/// The call only adds to the context's stream.
/// \throws std::invalid_argument if shapes or strides do not fit, or the method cannot run this
///         filter; device_error if a call of CUDA fails, and if it is for want of memory, nothing
///         has been begun.
/// Accuracy: that of the host's methods, with the rounding of options.precision in place of the
/// host scalar's. Determinism: bitwise for one device and library version.
template <class X, class Y>
void apply(const Filter& f, cuda::Matrix<X> x, cuda::Matrix<Y> y, cuda::Context& context,
           const cuda::Options& options = {}) {
  cuda::require_fit("apply", x, y);
  cuda::List<std::remove_const_t<X>, Y> one;
  one.add(x, y);
  cuda::filter_list(f, context, options, one);
}

/// Computes y = f(x) for a list of matrices; neighbours of one shape and layout go through batched
/// products, so sort the list by shape. No y may overlap another job's x or y. options.info, where
/// given, has one Info for each job.
/// \throws std::invalid_argument if a job's shapes or strides do not fit, or the method cannot run
///         this filter; device_error if a call of CUDA fails.
template <class X, class Y>
void apply_batch(const Filter& f, const std::vector<cuda::Job<X, Y>>& jobs, cuda::Context& context,
                 const cuda::Options& options = {}) {
  cuda::List<std::remove_const_t<X>, Y> list;
  for (const cuda::Job<X, Y>& job : jobs) {
    cuda::require_fit("apply_batch", job.x, job.y);
    list.add(job.x, job.y);
  }
  cuda::filter_list(f, context, options, list);
}

/// Runs the per-head mode (apply/per_head.hpp) on a device; heads of one size go through batched
/// products. options.info, where given, has one Info for each head; that of a head without entries
/// is all zeros.
/// \throws std::invalid_argument if shapes or strides do not fit, the heads do not fill the matrix,
///         or the method cannot run this filter; device_error if a call of CUDA fails.
template <class X, class Layout, class Y>
void apply_per_head(const Filter& f, cuda::Matrix<X> x, const Layout& heads, cuda::Matrix<Y> y,
                    cuda::Context& context, const cuda::Options& options = {}) {
  constexpr const char* here = "apply_per_head";
  const cuda::Matrix<const std::remove_const_t<X>> in = x;
  cuda::require_fit(here, in, y);
  cuda::filter_list(f, context, options, cuda::list_of_heads(here, in, heads, y));
}

}  // namespace pion
