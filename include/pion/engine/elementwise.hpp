// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::sqrt
#include <limits>
#include <type_traits>

#include <pion/detail/finite.hpp>
#include <pion/engine/view.hpp>

namespace pion::engine {
inline namespace PION_SETTINGS {

/// Has the primitives of an engine on the host that are not products (engine/concept.hpp). They run
/// on the calling thread.
template <class T>
class Elementwise {
 public:
  /// Returns ||x||_F, summed in double.
  static double frobenius_norm(const View<T>& x) {
    double sum = 0.0;
    for (Index j = 0; j < x.cols; ++j) {
      sum += as_eigen(x).col(j).template cast<double>().squaredNorm();
    }
    if constexpr (std::is_same_v<T, double>) {
      // Squares can overflow or vanish where the norm does neither. Those of floats cannot.
      if (!(sum > 1e-280 && pion::detail::is_finite(sum))) return as_eigen(x).stableNorm();
    }
    return std::sqrt(sum);
  }

  /// Calls f(numbers...). A number of an engine on the host is a plain number.
  template <class F, class... V>
  static auto compute(const F& f, const V&... numbers) {
    return f(numbers...);
  }

  /// Returns the address of a number, which the host can always see without waiting.
  template <class V>
  static const V* peek(const V& number) {
    return &number;
  }

  /// Returns a likely bound of ||fl(a b) - a b||_F / (||a||_F ||b||_F) for inner dimension `depth`.
  /// Roundings that go either way add up like a random walk; the bound is four times that.
  static double product_rounding(Index depth) {
    return 4.0 * static_cast<double>(std::numeric_limits<T>::epsilon()) *
           std::sqrt(static_cast<double>(depth));
  }

  static void scale(double factor, const View<T>& x) { as_eigen(x) *= static_cast<T>(factor); }

  /// Replaces x by D x and r by D r D, where r = x x^T and D_ii = (sum_j |r_ij|)^(-1/2). A zero row
  /// stays. The first column of `scratch`, m x m, holds D.
  static void equilibrate(const View<T>& x, const View<T>& r, const View<T>& scratch) {
    auto d = as_eigen(scratch).col(0);
    d = as_eigen(r).cwiseAbs().rowwise().sum();
    // A row whose sum is so small that its entries are rounded as subnormal numbers counts as zero.
    const T least = (std::numeric_limits<T>::min)() / std::numeric_limits<T>::epsilon();
    d = (d.array() > least).select(d.cwiseSqrt().cwiseInverse(), T(1));
    as_eigen(x).array().colwise() *= d.array();
    as_eigen(r).array().colwise() *= d.array();
    as_eigen(r).array().rowwise() *= d.transpose().array();
  }

  static void copy(const View<T>& from, const View<T>& to) { as_eigen(to) = as_eigen(from); }
};

}  // namespace PION_SETTINGS
}  // namespace pion::engine
