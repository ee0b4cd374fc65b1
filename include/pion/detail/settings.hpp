// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false, of temporaries of Eigen's
#endif
#include <Eigen/Core>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#if !EIGEN_VERSION_AT_LEAST(3, 4, 0)
#error "pion needs Eigen 3.4 or later: the include path leads to an older one"
#include <pion/needs-eigen-3.4>  // no compiler goes on where a file is missing
#endif

/// PION_SETTINGS names what the compiler was told about this translation unit that changes the code
/// or the layout of the kernels: the vector instructions, the alignment that Eigen assumes, and
/// whether arithmetic may be reordered; and whether the heavy parts come from pion::compiled. It is
/// the name of an inline namespace around all that depends on them, so that two files of one
/// program that are compiled with different flags never share a function: the linker would keep one
/// of the two for both.
///
/// A setting is taken from Eigen's macros, because the kernels are written in Eigen's packets.

#if defined(EIGEN_VECTORIZE_AVX512)
#define PION_SETTINGS_VECTORS avx512
#elif defined(EIGEN_VECTORIZE_AVX2)
#define PION_SETTINGS_VECTORS avx2
#elif defined(EIGEN_VECTORIZE_AVX)
#define PION_SETTINGS_VECTORS avx
#elif defined(EIGEN_VECTORIZE_SSE4_1)
#define PION_SETTINGS_VECTORS sse4
#elif defined(EIGEN_VECTORIZE_SSE)
#define PION_SETTINGS_VECTORS sse2
#elif defined(EIGEN_VECTORIZE_SVE)
#define PION_SETTINGS_VECTORS sve
#elif defined(EIGEN_VECTORIZE_NEON)
#define PION_SETTINGS_VECTORS neon
#elif defined(EIGEN_VECTORIZE)
#define PION_SETTINGS_VECTORS vectors
#else
#define PION_SETTINGS_VECTORS scalar
#endif

#if defined(EIGEN_VECTORIZE_FMA)
#define PION_SETTINGS_FMA _fma
#else
#define PION_SETTINGS_FMA
#endif

#if EIGEN_MAX_ALIGN_BYTES >= 64
#define PION_SETTINGS_ALIGN _align64
#elif EIGEN_MAX_ALIGN_BYTES >= 32
#define PION_SETTINGS_ALIGN _align32
#elif EIGEN_MAX_ALIGN_BYTES >= 16
#define PION_SETTINGS_ALIGN _align16
#else
#define PION_SETTINGS_ALIGN _align0
#endif

#define PION_SETTINGS_STATIC_ALIGNMENT EIGEN_MAX_STATIC_ALIGN_BYTES

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#define PION_SETTINGS_MATH _fast
#else
#define PION_SETTINGS_MATH
#endif

#if defined(PION_COMPILED)
#define PION_SETTINGS_PARTS _compiled
#else
#define PION_SETTINGS_PARTS
#endif

#define PION_SETTINGS_PASTE(vectors, fma, align, math, parts) vectors##fma##align##math##parts
#define PION_SETTINGS_NAME(vectors, fma, align, math, parts) \
  PION_SETTINGS_PASTE(vectors, fma, align, math, parts)
#define PION_SETTINGS                                                               \
  PION_SETTINGS_NAME(PION_SETTINGS_VECTORS, PION_SETTINGS_FMA, PION_SETTINGS_ALIGN, \
                     PION_SETTINGS_MATH, PION_SETTINGS_PARTS)
