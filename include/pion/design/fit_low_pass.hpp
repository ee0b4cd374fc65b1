// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/design/fit.hpp>
#include <pion/design/low_pass_loss.hpp>

namespace pion::design {

/// A chain that passes what is below tau and stops what is above, from many starts.
/// chains::low_pass() has one at once, from the best found for tau = .1, .2, ... .9.
///
/// Cost: as fit(). Throws as low_pass_loss() and fit().
inline Fit fit_low_pass(double tau, FitOptions options = {}) {
  if (!options.admits) options.admits = [tau](const Chain& f) { return is_low_pass(f, tau); };
  return fit(low_pass_loss(tau), options);
}

}  // namespace pion::design
