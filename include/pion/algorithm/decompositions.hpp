// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>  // std::void_t

#include <pion/detail/svd.hpp>
#include <pion/detail/symmetric_eigen.hpp>

/// Eigenvalues and singular values without vectors: by the library that an engine names as its
/// Decompositions, or else by Eigen.
namespace pion::detail {

struct EigenDecompositions {
  /// Writes the eigenvalues of the symmetric n x n matrix g, ascending. May destroy g.
  static void symmetric_values(Index n, double* g, double* values) {
    detail::symmetric_values<double>(n, g, values);
  }
  /// Writes the singular values of the m x n matrix x, descending. May destroy x.
  static void singular_values(Index m, Index n, double* x, double* values) {
    decompose<double>(m, n, x, nullptr, values, nullptr);
  }
};

template <class E, class = void>
struct decompositions {
  using type = EigenDecompositions;
};
template <class E>
struct decompositions<E, std::void_t<typename E::Decompositions>> {
  using type = typename E::Decompositions;
};
template <class E>
using decompositions_t = typename decompositions<E>::type;

}  // namespace pion::detail
