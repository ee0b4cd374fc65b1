// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <limits>
#include <string>
#include <type_traits>

#if __has_include(<cblas.h>)
#include <cblas.h>
#elif __has_include(<mkl_cblas.h>)
#include <mkl_cblas.h>
#else
#error "pion/engine/blas.hpp needs the header of a CBLAS: link pion::blas"
#endif

#include <pion/detail/check.hpp>
#include <pion/engine/elementwise.hpp>
#include <pion/engine/gemm.hpp>
#if defined(PION_LAPACK)
#include <pion/engine/lapack.hpp>
#endif
#include <pion/engine/tall_skinny.hpp>
#include <pion/engine/transpose.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/filter/polynomial.hpp>

namespace pion::engine {
inline namespace PION_SETTINGS {

/// Has the primitives of an engine on the host by calls of CBLAS: gemm for products, syrk for Gram
/// matrices.
///
/// The other symmetric products are cut in halves, C = [C11 .; C21 C22], down to an eighth of the
/// side. So gemm computes squares below the diagonal, an eighth more work than the half. Sizes have
/// 64 bits here and are `int` in a BLAS: larger ones are refused.
template <class T>
class BlasKernels : public Elementwise<T> {
 public:
  /// \throws std::invalid_argument if a size does not fit the BLAS's integer.
  BlasKernels(pion::detail::Arena& /*arena*/, Index rows, Index cols) {
    narrow(rows);
    narrow(cols);
  }

  void gram(const View<const T>& x, const View<T>& r) const {
    if (r.size() == 0) return;
    const int n = narrow(r.rows), k = narrow(x.cols), ldx = leading(x), ldr = leading(r);
    if constexpr (std::is_same_v<T, float>) {
      cblas_ssyrk(CblasColMajor, CblasLower, CblasNoTrans, n, k, 1, x.data, ldx, 0, r.data, ldr);
    } else {
      cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, n, k, 1, x.data, ldx, 0, r.data, ldr);
    }
    mirror(r);
  }

  void quadratic(const OddQuintic& p, const View<const T>& r, const View<T>& h) const {
    as_eigen(h) = T(p.b) * as_eigen(r);
    as_eigen(h).diagonal().array() += T(p.a);
    if (p.c == 0.0) return;
    lower_half(h, [&](Index i, Index j, const View<T>& part) {
      gemm<Op::plain, Op::plain>(T(p.c), r.block(i, 0, part.rows, r.cols),
                                 r.block(0, j, r.rows, part.cols), T(1), part);
    });
  }

  void multiply_commuting(const View<const T>& a, const View<const T>& b, const View<T>& c) const {
    lower_half(c, [&](Index i, Index j, const View<T>& part) {
      gemm<Op::plain, Op::plain>(T(1), a.block(i, 0, part.rows, a.cols),
                                 b.block(0, j, b.rows, part.cols), T(0), part);
    });
  }

  template <Op op_a = Op::plain, Op op_b = Op::plain>
  void multiply(const View<const T>& a, const View<const T>& b, const View<T>& c) const {
    gemm<op_a, op_b>(T(1), a, b, T(0), c);
  }

 private:
  static int narrow(Index size) {
    if (size > (std::numeric_limits<int>::max)()) {
      pion::detail::refuse_argument("engine::blas: a side of " + std::to_string(size) +
                                    " is more than the BLAS can count");
    }
    return static_cast<int>(size);
  }
  template <class U>
  static int leading(const View<U>& v) {
    return narrow(std::max<Index>(v.stride, 1));
  }

  /// Computes c = alpha op_a(a) op_b(b) + beta c.
  template <Op op_a, Op op_b>
  static void gemm(T alpha, const View<const T>& a, const View<const T>& b, T beta,
                   const View<T>& c) {
    if (c.size() == 0) return;
    constexpr auto ta = op_a == Op::plain ? CblasNoTrans : CblasTrans;
    constexpr auto tb = op_b == Op::plain ? CblasNoTrans : CblasTrans;
    const int m = narrow(c.rows), n = narrow(c.cols);
    const int k = narrow(op_a == Op::plain ? a.cols : a.rows);
    const int lda = leading(a), ldb = leading(b), ldc = leading(c);
    if constexpr (std::is_same_v<T, float>) {
      cblas_sgemm(CblasColMajor, ta, tb, m, n, k, alpha, a.data, lda, b.data, ldb, beta, c.data,
                  ldc);
    } else {
      cblas_dgemm(CblasColMajor, ta, tb, m, n, k, alpha, a.data, lda, b.data, ldb, beta, c.data,
                  ldc);
    }
  }

  /// Calls fill(i, j, part) for blocks of c that cover what lies on and below the diagonal, and
  /// mirrors it.
  template <class Fill>
  static void lower_half(const View<T>& c, const Fill& fill) {
    const Index smallest = std::max<Index>(c.rows / 8, 64);
    halve(c, 0, c.rows, smallest, fill);
    mirror(c);
  }
  template <class Fill>
  static void halve(const View<T>& c, Index at, Index size, Index smallest, const Fill& fill) {
    if (size <= smallest) return fill(at, at, c.block(at, at, size, size));
    const Index first = size / 2, rest = size - first;
    fill(at + first, at, c.block(at + first, at, rest, first));
    halve(c, at, first, smallest, fill);
    halve(c, at + first, rest, smallest, fill);
  }
};

/// Products by the BLAS that the program links (pion::blas: OpenBLAS, or the vendor that BLA_VENDOR
/// names), on as many threads as that BLAS is set to.
///
/// The BLAS decides the order of sums: results are bitwise repeatable where its are, for one number
/// of threads.
struct blas {
  template <class T>
  using Kernels = BlasKernels<T>;
  template <class T>
  using TallSkinnyKernels = TallSkinnyKernels<blas, T, BlasKernels<T>>;
#if defined(PION_LAPACK)
  using Decompositions = Lapack;  ///< Eigenvalues and singular values, where vectors are not asked.
#endif
  using Serial = blas;  ///< Tasks run one after the other, each on the BLAS's threads.

  static constexpr int workers() { return 1; }

  template <class Task>
  static void for_each(int /*workers*/, Index count, const Task& task) {
    for (Index i = 0; i < count; ++i) task(i, 0);
  }
};

}  // namespace PION_SETTINGS
}  // namespace pion::engine
