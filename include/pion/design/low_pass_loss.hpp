// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <pion/design/band_loss.hpp>
#include <pion/laps.hpp>

namespace pion::design {

/// The loss of a low-pass with cutoff tau: pass band [.01, tau - .03], stop band [tau + .03, 1]
/// (Fan et al. 2026, App. L).
/// \throws std::invalid_argument unless .05 < tau < .95.
inline BandLoss low_pass_loss(double tau) {
  if (!(0.05 < tau && tau < 0.95)) {
    detail::refuse_argument("low_pass: tau = " + std::to_string(tau) +
                            " is not in (.05, .95), where both bands have room");
  }
  return BandLoss({{0.01, tau - 0.03}}, {{tau + 0.03, 1.0}});
}

/// Whether a chain is fit to filter matrices by: no sigma up to the pass band's end has its sign
/// turned, however small (the loss does not look below .01), and the gain stays within [-.1, 1.1]
/// on [0, 1], the gap between the bands included.
inline bool is_low_pass(const Chain& f, double tau) {
  const Range all = range(f), passed = range(f, 0.0, tau - 0.03);
  return f.derivative(0.0) > 0.0 && passed.lo >= 0.0 && all.lo >= -0.1 && all.hi <= 1.1;
}

}  // namespace pion::design
