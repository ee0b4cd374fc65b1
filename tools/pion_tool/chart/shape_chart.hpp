// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "pion_tool/chart/svg.hpp"
#include "pion_tool/cli/chain_spec.hpp"

namespace pion::tool {

/// f after each of its steps on [0, 1] (as Fan et al. 2026, Fig. 3): evenly spaced, and at every
/// turn of f.
struct Curves {
  std::vector<double> sigma;
  std::vector<std::vector<double>> after;  ///< after[t] is f after t steps; after[0] is sigma.
};

Curves curves_of(const Chain& f);

/// "sigma,f1,f2,..." and a line for each sigma, in full precision.
std::string csv(const Curves& curves);

/// The curves, from pale to dark and the last in a colour of its own, beside f(s) = s and the
/// cutoff.
Chart picture(const NamedChain& chain, const Curves& curves);

/// Whole filters beside each other, each after its last step; on a logarithmic scale from .005 up
/// where that is asked for, which shows small cutoffs.
Chart comparison(const std::vector<NamedChain>& chains, bool logarithmic);

}  // namespace pion::tool
