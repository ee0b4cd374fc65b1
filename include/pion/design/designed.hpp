// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/filter/chain.hpp>

namespace pion::design {

/// A chain that was designed, and what the design made small: the loss (A56) after refine(), fit()
/// and robust(), the ripple after equiripple(), and the largest error on the two bands after
/// two_band_high_pass(). Of two designs for one purpose the one of less loss is the better one.
struct Designed {
  Chain chain;
  double loss = 0.0;
};

}  // namespace pion::design
