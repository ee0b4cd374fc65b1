// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <type_traits>
#include <utility>  // std::declval

#include <pion/detail/traits.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/formulas.hpp>

/// The weight-decay forms.
///
/// A form has retention(lr), the factor that a step multiplies the parameter by before it adds the
/// update; in_gradient(), the multiple of the parameter that a step adds to the gradient;
/// require_valid() and signature() (recipe.hpp). lr is the learning rate without the scale's
/// factor. A step refuses a retention outside [0, 1]: a negative one would turn the weights' signs.
///
/// A form whose decay is another than W <- retention W + update says so by apply(w, x, kept,
/// length, adaptive): x, which holds the direction, becomes the new parameter. w is the old one,
/// kept the retention, and length what the direction is multiplied by. Where a scale found adaptive
/// steps (adaptive_scale.hpp), `adaptive` has one for each column, or one for all.
namespace pion::optimizer {

/// W <- (1 - lr rate) W (Loshchilov and Hutter 2019). With rate 0, no decay.
struct DecoupledDecay {
  double rate = 0.0;
  double retention(double learning_rate) const { return 1.0 - learning_rate * rate; }
  double in_gradient() const { return 0.0; }
  void require_valid() const { detail::require_nonnegative("DecoupledDecay: rate", rate); }
  std::string signature() const { return "DecoupledDecay"; }
};

/// W <- (1 - rate) W, whatever the learning rate.
struct IndependentDecay {
  double rate = 0.0;
  double retention(double /*learning_rate*/) const { return 1.0 - rate; }
  double in_gradient() const { return 0.0; }
  void require_valid() const { detail::require_share("IndependentDecay: rate", rate); }
  std::string signature() const { return "IndependentDecay"; }
};

/// G <- G + rate W, before the momentum sees it (the gradient of rate ||W||^2 / 2). The momentum
/// holds a part of the weights then, so the rate is in the signature.
struct CoupledDecay {
  double rate = 0.0;
  double retention(double /*learning_rate*/) const { return 1.0; }
  double in_gradient() const { return rate; }
  void require_valid() const { detail::require_nonnegative("CoupledDecay: rate", rate); }
  std::string signature() const { return detail::signature("CoupledDecay", {{"rate", rate}}); }
};

/// W <- (1 - lr rate) (W - update): the fresh update decays too (Conda, SOAP).
struct DecayAfter {
  double rate = 0.0;
  double retention(double learning_rate) const { return 1.0 - learning_rate * rate; }
  double in_gradient() const { return 0.0; }
  void require_valid() const { detail::require_nonnegative("DecayAfter: rate", rate); }
  std::string signature() const { return "DecayAfter"; }

  template <class W, class X>
  void apply(const W& w, X& x, double kept, double length, const engine::View<double>&) const {
    using T = typename X::Scalar;
    x = static_cast<T>(kept) * (w - static_cast<T>(length) * x);
  }
};

/// DecoupledDecay of those entries alone that the update does not take away from 0: where W and the
/// direction have the same sign, or one of them is 0 (the option of microsoft/dion).
struct CautiousDecay {
  double rate = 0.0;  ///< Of the decay, times the learning rate.
  double retention(double learning_rate) const { return 1.0 - learning_rate * rate; }
  double in_gradient() const { return 0.0; }
  void require_valid() const { detail::require_nonnegative("CautiousDecay: rate", rate); }
  std::string signature() const { return "CautiousDecay"; }

  template <class W, class X>
  void apply(const W& w, X& x, double kept, double length, const engine::View<double>&) const {
    using T = typename X::Scalar;
    const auto k = static_cast<T>(kept), l = static_cast<T>(length);
    for (Index j = 0; j < x.cols(); ++j) {
      for (Index i = 0; i < x.rows(); ++i) {
        const T old = w(i, j);
        const bool agree = x(i, j) == T(0) || (old > T(0)) == (x(i, j) > T(0));
        x(i, j) = (agree ? k * old : old) - l * x(i, j);
      }
    }
  }
};

/// W_j <- max(0, 1 - rate min(a_j, 1)) W_j with the scale's adaptive step a_j of column j, or the
/// one of all columns (NAMO). It needs a scale that finds one.
struct AdaptiveDecay {
  double rate = 0.0;
  double retention(double /*learning_rate*/) const { return 1.0; }
  double in_gradient() const { return 0.0; }
  void require_valid() const { detail::require_nonnegative("AdaptiveDecay: rate", rate); }
  std::string signature() const { return "AdaptiveDecay"; }
  /// The formula, with this decay's number.
  formulas::AdaptiveRetention retention_at() const { return {rate}; }

  template <class W, class X>
  void apply(const W& w, X& x, double /*kept*/, double length,
             const engine::View<double>& adaptive) const {
    using T = typename X::Scalar;
    const auto l = static_cast<T>(length);
    for (Index j = 0; j < x.cols(); ++j) {
      const double kept_here = retention_at()(adaptive.data[adaptive.rows == 1 ? 0 : j]);
      x.col(j) = static_cast<T>(kept_here) * w.col(j) - l * x.col(j);
    }
  }
};

}  // namespace pion::optimizer

namespace pion::detail {

template <class Decay, class X, class = void>
struct applies_itself : std::false_type {};
template <class Decay, class X>
struct applies_itself<Decay, X,
                      std::void_t<decltype(std::declval<const Decay&>().apply(
                          std::declval<const X&>(), std::declval<X&>(), 1.0, 1.0,
                          std::declval<const engine::View<double>&>()))>> : std::true_type {};

/// x, the direction, becomes the new parameter.
template <class Decay, class W, class X>
void decay_and_move(const Decay& decay, const W& w, X& x, double kept, double length,
                    const engine::View<double>& adaptive) {
  using T = typename X::Scalar;
  if constexpr (applies_itself<Decay, X>::value) {
    decay.apply(w, x, kept, length, adaptive);
  } else {
    x = static_cast<T>(kept) * w - static_cast<T>(length) * x;
  }
}

}  // namespace pion::detail
