// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <pion/optimizer/check.hpp>

/// The weight-decay forms.
///
/// A form has retention(lr), the factor that a step multiplies the parameter by before it adds the
/// update; in_gradient(), the multiple of the parameter that a step adds to the gradient;
/// require_valid() and signature() (recipe.hpp). lr is the learning rate without the scale's
/// factor. A step refuses a retention outside [0, 1]: a negative one would turn the weights' signs.
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

}  // namespace pion::optimizer
