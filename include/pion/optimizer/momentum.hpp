// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>    // std::pow
#include <cstdint>  // std::int64_t

#include <pion/optimizer/check.hpp>

/// The momentum forms: how the gradients so far become the matrix that a rule sees.
///
/// Each has `buffers`, the number of matrices it remembers, and advance(t, x, first, second): on
/// entry x holds the gradient of step t (counted from 1) and first, second what the last step left,
/// zero before the first; on return x is the rule's input and they are what this step leaves.
namespace pion::optimizer {

/// M <- mu M + G (Fan et al. 2026, eq. 1); the input is M, or G + mu M (Nesterov).
struct HeavyBall {
  double momentum = 0.95;
  bool nesterov = false;

  static constexpr int buffers = 1;
  void require_valid() const { detail::require_fraction("HeavyBall: momentum", momentum); }

  template <class X, class M>
  void advance(std::int64_t /*t*/, X& x, M& first, M& /*second*/) const {
    const auto mu = static_cast<typename X::Scalar>(momentum);
    first = mu * first + x;
    if (nesterov) {
      x += mu * first;
    } else {
      x = first;
    }
  }
};

/// M <- beta M + (1 - beta) G; the input is M, or (1 - beta) G + beta M (Nesterov). It is (1 -
/// beta) times HeavyBall's: the same for rules that ignore the scale of their input, and only for
/// those.
struct Ema {
  double beta = 0.95;
  bool nesterov = false;

  static constexpr int buffers = 1;
  void require_valid() const { detail::require_fraction("Ema: beta", beta); }

  template <class X, class M>
  void advance(std::int64_t /*t*/, X& x, M& first, M& /*second*/) const {
    const auto b = static_cast<typename X::Scalar>(beta);
    const auto rest = static_cast<typename X::Scalar>(1.0 - beta);
    first = b * first + rest * x;
    if (nesterov) {
      x = rest * x + b * first;
    } else {
      x = first;
    }
  }
};

/// Adam's ratio of moments (Kingma and Ba 2015): M and V are exponential averages of G and of its
/// squares, entry by entry; the input is (M / (1 - beta1^t)) / (sqrt(V / (1 - beta2^t)) + epsilon).
struct RmsNormalized {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  static constexpr int buffers = 2;
  void require_valid() const {
    detail::require_fraction("RmsNormalized: beta1", beta1);
    detail::require_fraction("RmsNormalized: beta2", beta2);
    detail::require_nonnegative("RmsNormalized: epsilon", epsilon);
  }

  template <class X, class M>
  void advance(std::int64_t t, X& x, M& first, M& second) const {
    using T = typename X::Scalar;
    const auto steps = static_cast<double>(t);
    const auto unbias1 = static_cast<T>(1.0 / (1.0 - std::pow(beta1, steps)));
    const auto unbias2 = static_cast<T>(1.0 / (1.0 - std::pow(beta2, steps)));
    first = static_cast<T>(beta1) * first + static_cast<T>(1.0 - beta1) * x;
    second = static_cast<T>(beta2) * second + static_cast<T>(1.0 - beta2) * x.cwiseAbs2();
    // Where no gradient has come yet the ratio is 0 / epsilon; with epsilon = 0 it is kept at 0.
    x.array() = (second.array() > T(0))
                    .select(unbias1 * first.array() /
                                ((unbias2 * second.array()).sqrt() + static_cast<T>(epsilon)),
                            T(0));
  }
};

}  // namespace pion::optimizer
