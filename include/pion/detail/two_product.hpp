// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::swap
#include <cmath>      // std::fabs
#include <cstdint>    // std::uint64_t
#include <cstring>    // std::memcpy

/// Computes what rounding took from a product, a quotient or a square root: a number that is itself
/// a double, so that it is known without error.
///
/// A fused multiply-add gives it at once where it is exact: in hardware, or in glibc. Other C
/// libraries compute `std::fma` with the 64 bits of the x87 where the hardware has none, which is
/// not exact; there the factors are split in halves (Dekker 1971, A Floating-Point Technique for
/// Extending the Available Precision). Both ways give the same double, so that files compiled
/// either way agree. PION_SPLIT_PRODUCT chooses the second way, for the tests of it.
namespace pion::detail {

#if !defined(PION_SPLIT_PRODUCT) && \
    (defined(__FP_FAST_FMA) || defined(__FMA__) || defined(__aarch64__) || defined(__GLIBC__))
inline constexpr bool fma_is_exact = true;
#else
inline constexpr bool fma_is_exact = false;
#endif

/// Returns x as the double that it was rounded to. A compiler that contracts (-ffp-contract) may
/// else put the product that x came from, unrounded, into a sum that relies on the rounding.
inline double as_rounded(double x) {
  const volatile double stored = x;
  return stored;
}

/// Rounds x to 26 significant bits. What is left of its 53, x - upper_half(x), is at most half a
/// unit of the last bit kept, and so has 26 bits and a sign: products of halves are exact.
inline double upper_half(double x) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  bits = (bits + (std::uint64_t{1} << 26U)) & ~((std::uint64_t{1} << 27U) - 1);
  std::memcpy(&x, &bits, sizeof bits);
  return x;
}

/// Computes p - x y by splitting x and y, under the conditions of residual().
///
/// Every number that appears is a multiple of ulp(x) ulp(y), which is at least 2^-106 |x y|. So
/// nothing underflows while |p| >= 2^-900, nor after the scaling by 2^-60, which keeps products of
/// halves from overflow where p or a factor is near the largest double.
inline double residual_by_split(double p, double x, double y) {
  x = as_rounded(x);
  y = as_rounded(y);
  p = as_rounded(p);
  if (std::fabs(x) < std::fabs(y)) std::swap(x, y);
  const bool huge = (std::max)(std::fabs(x), std::fabs(p)) > 0x1p960;
  if (huge) {
    x *= 0x1p-60;
    p *= 0x1p-60;
  }
  const double product = as_rounded(x * y);
  const double x1 = upper_half(x), x2 = x - x1, y1 = upper_half(y), y2 = y - y1;
  const double lost = ((x1 * y1 - product) + x1 * y2 + x2 * y1) + x2 * y2;
  const double rest = (p - product) - lost;
  return huge ? rest * 0x1p60 : rest;
}

/// Computes p - x y exactly, where p is the double nearest to x y, or x = y the one nearest to
/// sqrt(p), or x the one nearest to p / y with |x| >= 2^-900 (Muller et al., Handbook of
/// Floating-Point Arithmetic, ch. 4). All three are finite and |p| >= 2^-900; elsewhere the result
/// means nothing.
inline double residual(double p, double x, double y) {
#if defined(__GNUC__)
  // The builtin and not std::fma, which calls the C library where nothing is optimised.
  if constexpr (fma_is_exact) return __builtin_fma(-x, y, p);
#endif
  return residual_by_split(p, x, y);
}

}  // namespace pion::detail
