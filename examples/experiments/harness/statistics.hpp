// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

/// What several seeds say about one number.
namespace pion::experiment {

/// The t that |Student's t| of so many degrees of freedom exceeds with probability .05.
/// \throws std::invalid_argument unless degrees >= 1.
double student_t(int degrees);

/// A mean and its 95% interval of confidence.
struct Estimate {
  double mean = 0.0;
  double low = 0.0;
  double high = 0.0;
};

/// Of the mean. The interval has no end for fewer than two values.
Estimate mean_of(const std::vector<double>& values);

/// Of the geometric mean of a[i] / b[i]: a comparison in pairs, for a[i] and b[i] of one seed share
/// the data and the noise. The values are positive. An infinite a[i] makes all three infinite.
Estimate ratio_of(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace pion::experiment
