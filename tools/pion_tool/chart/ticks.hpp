// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace pion::tool {

enum class Scale { linear, logarithmic };

/// One axis of a chart.
struct Dimension {
  std::string label;
  double lo = 0.0;
  double hi = 1.0;  ///< Above lo; both finite, and positive on a logarithmic scale.
  Scale scale = Scale::linear;
};

/// \throws std::invalid_argument unless the limits are as said above.
void require_sound(const Dimension& dimension);

/// Where the value lies on the axis: 0 at lo, 1 at hi. Not finite for a value that has no place.
double position(const Dimension& dimension, double value);

/// Where the axis has its marks: at most ten, at 1, 2 or 5 times powers of ten.
std::vector<double> ticks(const Dimension& dimension);

}  // namespace pion::tool
