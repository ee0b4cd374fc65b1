// SPDX-License-Identifier: Apache-2.0
// Bounds of a chain's slope and ratio hold between the points of their grid too.

#include <pion/filter/bounds.hpp>

#include "support/catch.hpp"

using namespace pion;

TEST_CASE("the slope and the ratio are bounded where they turn within an interval") {
  // 5 c (r - t)^2 - 5 c t^2 is the slope of one, c (r - t)^2 - c t^2 the ratio of the other, r =
  // s^2.
  constexpr double c = 1000.0, t = 0.52;
  const SlopeBounds steep(Chain{{0.0, -10.0 / 3.0 * c * t, c}});
  CHECK(steep.steepest() >= 5.0 * c * t * t);
  CHECK(steep.steepest() <= 5.0 * c * t * t * (1.0 + 1e-11));
  const SlopeBounds high(Chain{{0.0, -2.0 * c * t, c}});
  CHECK(high.ratio(1.0) >= c * t * t);
  CHECK(high.ratio(1.0) <= c * t * t * (1.0 + 1e-11));
}
