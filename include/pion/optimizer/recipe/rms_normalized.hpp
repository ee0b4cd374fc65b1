// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // std::pow, std::sqrt
#include <cstdint>  // std::int64_t
#include <string>
#include <type_traits>

#include <pion/detail/host_device.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/momentum.hpp>

namespace pion {
namespace detail {

/// Gives `value` where a number, or an entry of an array, is positive, and else 0.
template <class A, class V>
PION_HOST_DEVICE auto where_positive(const A& number, const V& value) {
  if constexpr (std::is_arithmetic_v<A>) {
    return number > A(0) ? value : A(0);
  } else {
    using T = typename A::Scalar;
    return (number > T(0)).select(value, T(0));
  }
}

}  // namespace detail

namespace optimizer {

/// Adam's ratio of moments (Kingma and Ba 2015): M and V are exponential averages of G and of its
/// squares, entry by entry; the input is (M / (1 - beta1^t)) / (sqrt(V / (1 - beta2^t)) + epsilon).
/// Muon^2 takes M / sqrt(V + epsilon): `corrected` is false and `epsilon_inside` true.
struct RmsNormalized {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  bool corrected = true;
  bool epsilon_inside = false;

  static constexpr int buffers = 2;
  void require_valid() const {
    detail::require_fraction("RmsNormalized: beta1", beta1);
    detail::require_fraction("RmsNormalized: beta2", beta2);
    detail::require_nonnegative("RmsNormalized: epsilon", epsilon);
  }
  std::string signature() const {
    return detail::signature("RmsNormalized",
                             {{"beta1", beta1}, {"beta2", beta2}, {"epsilon", epsilon}}) +
           (corrected ? "" : " uncorrected") + (epsilon_inside ? " epsilon inside" : "");
  }

  template <class T>
  struct Update {
    /// The form's numbers and the factors of Unbias; rest1 is 1 - beta1.
    T beta1, rest1, beta2, rest2, unbias1, unbias2, epsilon;
    bool epsilon_inside;
    template <class X, class M>
    PION_HOST_DEVICE void operator()(X& x, M& first, M& second) const {
      using std::sqrt;
      first = beta1 * first + rest1 * x;
      second = beta2 * second + rest2 * (x * x);
      // An entry that has had no gradient yet has the ratio 0 / epsilon; 0 with epsilon = 0 too.
      if (epsilon_inside) {
        x = detail::where_positive(second, unbias1 * first / sqrt(unbias2 * second + epsilon));
      } else {
        x = detail::where_positive(second, unbias1 * first / (sqrt(unbias2 * second) + epsilon));
      }
    }
  };
  PION_HOST_DEVICE Unbias unbias(double t) const {
    using std::pow;
    if (!corrected) return {};
    return {1.0 / (1.0 - pow(beta1, t)), 1.0 / (1.0 - pow(beta2, t))};
  }
  template <class T>
  PION_HOST_DEVICE Update<T> update(const Unbias& unbias) const {
    return {static_cast<T>(beta1),        static_cast<T>(1.0 - beta1),
            static_cast<T>(beta2),        static_cast<T>(1.0 - beta2),
            static_cast<T>(unbias.first), static_cast<T>(unbias.second),
            static_cast<T>(epsilon),      epsilon_inside};
  }

  template <class X, class M>
  void advance(std::int64_t t, X& x, M& first, M& second) const {
    detail::advance(*this, t, x, first, second);
  }
};

}  // namespace optimizer
}  // namespace pion
