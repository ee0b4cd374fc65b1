// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::ptrdiff_t

namespace pion::detail {

/// Writes the orthogonal factor q of a = q r, by Householder's reflections: complete where a lacks
/// rank.
///
/// a and q are n x n, column by column without gaps. Only such bare memory goes in and out, for the
/// same reason as in decompose() (svd.hpp).
template <class T>
[[gnu::noinline]] void orthogonal_factor(std::ptrdiff_t n, const T* a, T* q);

#ifdef PION_DECOMPOSITIONS_COMPILED
extern template void orthogonal_factor(std::ptrdiff_t, const double*, double*);
#endif

}  // namespace pion::detail

#ifndef PION_DECOMPOSITIONS_COMPILED
#include <pion/detail/qr_by_eigen.hpp>
#endif
