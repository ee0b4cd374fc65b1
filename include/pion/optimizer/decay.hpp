// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The weight-decay forms. keep(lr) is what the parameter is multiplied by before the update, with
/// the base learning rate; in_gradient() is how much of the parameter is added to the gradient.
namespace pion::optimizer {

/// W <- (1 - lr rate) W (Loshchilov and Hutter 2019). With rate 0, none.
struct DecoupledDecay {
  double rate = 0.0;
  double retention(double learning_rate) const { return 1.0 - learning_rate * rate; }
  double in_gradient() const { return 0.0; }
};

/// W <- (1 - rate) W, whatever the learning rate.
struct IndependentDecay {
  double rate = 0.0;
  double retention(double /*learning_rate*/) const { return 1.0 - rate; }
  double in_gradient() const { return 0.0; }
};

/// G <- G + rate W, before the momentum sees it (the gradient of rate ||W||^2 / 2).
struct CoupledDecay {
  double rate = 0.0;
  double retention(double /*learning_rate*/) const { return 1.0; }
  double in_gradient() const { return rate; }
};

}  // namespace pion::optimizer
