// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <type_traits>

#include <pion/cuda/buffers.hpp>
#include <pion/cuda/measure.hpp>

/// The SVD of one matrix by cuSOLVER.
namespace pion::cuda {

/// The numbers that cuSOLVER's SVD works in, for a matrix of that scalar.
inline int svd_work(cusolverDnHandle_t solver, int rows, int cols, float*) {
  int size = 0;
  check(cusolverDnSgesvd_bufferSize(solver, rows, cols, &size), "cusolverDnSgesvd_bufferSize");
  return size;
}
inline int svd_work(cusolverDnHandle_t solver, int rows, int cols, double*) {
  int size = 0;
  check(cusolverDnDgesvd_bufferSize(solver, rows, cols, &size), "cusolverDnDgesvd_bufferSize");
  return size;
}

/// Takes the SVD of an n x m matrix of T, n >= m, in device memory.
template <class T>
struct Svd {
  /// \param vectors  whether u and vt are wanted too.
  Svd(detail::Arena& arena, Context& context, Index n, Index m, bool vectors)
      : solver(context.solver()),
        stream(context.stream()),
        a(take_batch<T>(arena, n, m, 1)),
        sigma(arena.take<T>(m)),
        info(arena.take<Info>(1)),
        failed(arena.take<int>(1)),
        moments(arena.take<NormPartials>(2)),
        partials(arena.take<NormPartials>(reduction_pieces(n * m))),
        work_size(svd_work(solver, narrow(n), narrow(m), static_cast<T*>(nullptr))),
        work(arena.take<T>(work_size)) {
    if (!vectors) return;
    u = take_batch<T>(arena, n, m, 1);
    vt = take_batch<T>(arena, m, m, 1);
  }

  /// a <- x over its norm, its long side first, and what its entries say. A matrix that is not
  /// finite is read as zeros.
  template <class S>
  void load(const Matrix<const S>& x) const {
    const PointerBatch<const S> table = long_side_first(x);
    PointerBatch<const S> along = table;
    along.crossed = false;
    const Shape shape = table.crossed ? Shape{a.cols, a.rows, 1} : a.shape();
    const NormPartials* const size = measure(stream, along, shape, moments, partials);
    check(once(stream, 1, CheckInput{size, true, info}), "once");
    check(transfer(stream, a.shape(), Load<S, T>{table, a, info}, table.crossed, false),
          "transfer");
  }

  /// sigma <- the singular values of a, and u and vt <- its singular vectors where they are wanted;
  /// a is overwritten.
  void decompose() const {
    const auto job = static_cast<signed char>(u.data == nullptr ? 'N' : 'S');
    const int n = narrow(a.rows), m = narrow(a.cols);
    const int ld_u = (std::max)(1, narrow(u.stride)), ld_vt = (std::max)(1, narrow(vt.stride));
    if constexpr (std::is_same_v<T, double>) {
      check(cusolverDnDgesvd(solver, job, job, n, m, a.data, narrow(a.stride), sigma, u.data, ld_u,
                             vt.data, ld_vt, work, work_size, nullptr, failed),
            "cusolverDnDgesvd");
    } else {
      check(cusolverDnSgesvd(solver, job, job, n, m, a.data, narrow(a.stride), sigma, u.data, ld_u,
                             vt.data, ld_vt, work, work_size, nullptr, failed),
            "cusolverDnSgesvd");
    }
  }

  /// Views x with its long side first.
  template <class S>
  static PointerBatch<S> long_side_first(const Matrix<S>& x) {
    PointerBatch<S> table = short_side_first(&x, 1);
    table.crossed = !table.crossed;
    return table;
  }

  cusolverDnHandle_t solver;  ///< The context's.
  cudaStream_t stream;        ///< The context's.
  Batch<T> a;                 ///< The matrix.
  T* sigma;                   ///< Its m singular values, descending.
  Info* info;                 ///< What became of it.
  int* failed;                ///< 0, or cuSOLVER's word that its SVD has not come to an end.
  NormPartials* moments;      ///< Of its entries.
  NormPartials* partials;     ///< What they are added up in.
  int work_size;              ///< Numbers in work.
  T* work;                    ///< cuSOLVER's.
  /// The singular vectors, n x m and transposed m x m; without memory where they are not wanted.
  Batch<T> u, vt;
};

}  // namespace pion::cuda
