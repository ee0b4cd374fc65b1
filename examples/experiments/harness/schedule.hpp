// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

namespace pion::experiment {

/// The part of the learning rate at step t of `steps`, from 1 down towards 0 along a cosine.
inline double cosine_decay(int t, int steps) {
  return 0.5 * (1.0 + std::cos(3.14159265358979323846 * t / steps));
}

}  // namespace pion::experiment
