// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::ptrdiff_t, std::size_t
#include <limits>
#include <string>
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/detail/settings.hpp>

// Fortran's functions. They take the length of each text after all that is written in their manual.
extern "C" {
void dsyevd_(const char*, const char*, const int* n, double* a, const int* lda, double* w,
             double* work, const int* lwork, int* iwork, const int* liwork, int* info, std::size_t,
             std::size_t);
void dsyevd_2stage_(const char*, const char*, const int* n, double* a, const int* lda, double* w,
                    double* work, const int* lwork, int* iwork, const int* liwork, int* info,
                    std::size_t, std::size_t);
void dgesdd_(const char*, const int* m, const int* n, double* a, const int* lda, double* s,
             double* u, const int* ldu, double* vt, const int* ldvt, double* work, const int* lwork,
             int* iwork, int* info, std::size_t);
}

namespace pion::engine {
inline namespace PION_SETTINGS {

/// Eigenvalues and singular values, without vectors, by the LAPACK that the program links.
struct Lapack {
  /// Writes the eigenvalues of the symmetric n x n matrix g, ascending, and destroys g. Two stages
  /// (a band first) pay from the size on at which half of g no longer fits into a cache.
  /// \throws std::domain_error where LAPACK finds none; std::invalid_argument if n is no `int`.
  static void symmetric_values(std::ptrdiff_t size, double* g, double* values) {
    const int n = narrow(size), lda = (std::max)(n, 1);
    int info = 0;
    const auto call = [&](double* work, int lwork, int* iwork, int liwork) {
#if defined(PION_LAPACK_2STAGE)
      constexpr int one_stage = 2048;
      const auto routine = n > one_stage ? dsyevd_2stage_ : dsyevd_;
#else
      const auto routine = dsyevd_;
#endif
      routine("N", "L", &n, g, &lda, values, work, &lwork, iwork, &liwork, &info, 1, 1);
    };
    double length = 0;
    int integers = 0;
    call(&length, -1, &integers, -1);
    // dsyevd asks for the least; with more, it reduces the matrix in blocks.
    const double blocked = 66.0 * static_cast<double>(n) + 1.0;
    std::vector<double> work(static_cast<std::size_t>((std::max)(length, blocked)));
    std::vector<int> iwork(static_cast<std::size_t>((std::max)(integers, 1)));
    call(work.data(), static_cast<int>(work.size()), iwork.data(), static_cast<int>(iwork.size()));
    if (info != 0) pion::detail::refuse_values("LAPACK's dsyevd does not converge");
  }

  /// Writes the singular values of the m x n matrix x, descending, and destroys x.
  /// \throws as above.
  static void singular_values(std::ptrdiff_t rows, std::ptrdiff_t cols, double* x, double* values) {
    const int m = narrow(rows), n = narrow(cols), lda = (std::max)(m, 1), one = 1;
    int info = 0;
    double length = 0;
    std::vector<int> iwork(std::size_t(8) * static_cast<std::size_t>((std::min)(m, n) + 1));
    const auto call = [&](double* work, int lwork) {
      dgesdd_("N", &m, &n, x, &lda, values, nullptr, &one, nullptr, &one, work, &lwork,
              iwork.data(), &info, 1);
    };
    call(&length, -1);
    std::vector<double> work(static_cast<std::size_t>(length) + 1);
    call(work.data(), static_cast<int>(work.size()));
    if (info != 0) pion::detail::refuse_values("LAPACK's dgesdd does not converge");
  }

 private:
  static int narrow(std::ptrdiff_t size) {
    if (size > (std::numeric_limits<int>::max)()) {
      pion::detail::refuse_argument("LAPACK cannot count a side of " + std::to_string(size));
    }
    return static_cast<int>(size);
  }
};

}  // namespace PION_SETTINGS
}  // namespace pion::engine
