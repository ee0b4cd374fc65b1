// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::exp, std::fabs, std::log
#include <cstddef>    // std::size_t
#include <vector>

#include <pion/diagnostics/measures.hpp>

namespace pion {

/// A power law, density proportional to lambda^-alpha for lambda >= smallest, fitted to the largest
/// eigenvalues lambda = sigma^2 of X X^T.
struct PowerLaw {
  double alpha = 0.0;     ///< Above 1.
  double smallest = 0.0;  ///< Where the tail begins, relative to sigma_1^2.
  double distance = 0.0;  ///< Between tail and law: Kolmogorov and Smirnov's, in [0, 1].
  Index count = 0;        ///< Eigenvalues in the tail; 0 where there was nothing to fit.
};

/// Fits a power law to the tail of a spectrum. Of a weight that was trained well, alpha mostly lies
/// between 2 and 6; what is larger is closer to random (Martin, Peng and Mahoney 2021).
///
/// A tail that begins at one of the eigenvalues, of n that are no smaller, has the likeliest
/// alpha = 1 + n / sum(log(lambda_i / smallest)). Of all tails of two and more that one is taken
/// whose distribution lies closest to its law's (Clauset, Shalizi and Newman 2009, eq. 3.1 and
/// section 3.3); of equal distances, the longest. From twenty values on, alpha is that of
/// WeightWatcher 0.7.7; fewer values it fits with a term that prefers long tails. Scaling the
/// matrix by a power of two changes nothing.
/// Values that Spectrum::rank() does not count are rounding, and left out. Cost: rank^2 / 2
/// exponentials. Deterministic.
inline PowerLaw fit_power_law(const Spectrum& spectrum) {
  const Index rank = spectrum.rank();
  std::vector<double> logs;  // of the eigenvalues, descending
  for (Index i = 0; i < rank; ++i) {
    logs.push_back(2.0 * std::log(spectrum.values()(i) / spectrum.largest()));
  }
  PowerLaw best;
  double sum = 0.0;  // of the logarithms in the tail
  for (std::size_t last = 0; last < logs.size(); ++last) {
    sum += logs[last];
    const auto n = static_cast<double>(last + 1);
    const double excess = sum - n * logs[last];
    if (!(excess > 0.0)) continue;  // all of the tail is equal
    const double slope = n / excess;
    double distance = 0.0;
    for (std::size_t i = 0; i <= last; ++i) {  // i + 1 of the tail are no smaller
      const double law = std::exp(-slope * (logs[i] - logs[last]));
      distance = (std::max)(distance, std::fabs(law - static_cast<double>(i + 1) / n));
    }
    if (best.count > 0 && distance > best.distance) continue;
    best = {1.0 + slope, std::exp(logs[last]), distance, static_cast<Index>(last + 1)};
  }
  return best;
}

}  // namespace pion
