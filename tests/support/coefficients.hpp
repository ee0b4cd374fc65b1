// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <pion/filter/chain.hpp>

#include "support/catch.hpp"

namespace pion {

/// The largest difference between coefficients that stand at the same place.
inline double distance(const Chain& f, const Chain& g) {
  REQUIRE(f.size() == g.size());
  double largest = 0.0;
  for (std::size_t i = 0; i < f.steps().size(); ++i) {
    const OddQuintic &p = f.steps()[i], &q = g.steps()[i];
    largest = std::max({largest, std::fabs(p.a - q.a), std::fabs(p.b - q.b), std::fabs(p.c - q.c)});
  }
  return largest;
}

}  // namespace pion
