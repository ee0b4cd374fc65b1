// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>  // std::void_t

#include <pion/detail/svd.hpp>
#include <pion/detail/symmetric_eigen.hpp>

/// Eigenvalues and singular values without vectors: by the library that an engine names as its
/// Decompositions, or else by Eigen.
namespace pion::detail {

/// Its functions are templates, so that only a file that calls them compiles the decompositions.
struct EigenDecompositions {
  /// Writes the eigenvalues of the symmetric n x n matrix g, ascending. May destroy g.
  template <class T>
  static void symmetric_values(Index n, T* g, T* values) {
    detail::symmetric_values<T>(n, g, values);
  }
  /// Writes the singular values of the m x n matrix x, descending. May destroy x.
  template <class T>
  static void singular_values(Index m, Index n, T* x, T* values) {
    decompose<T>(m, n, x, nullptr, values, nullptr);
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
