// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::sort
#include <string>
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/detail/number_text.hpp>

namespace pion::design {

/// An interval of sigma. (A Range, filter/shape.hpp, is one of values of f.)
struct Band {
  double lo = 0.0;  ///< The lower end.
  double hi = 0.0;  ///< The upper end.
};

/// Where a filter is to be near 1 and near 0. What lies between the bands, and up to 0 and 1, are
/// gaps, where it may take any value between.
struct Bands {
  std::vector<Band> pass;  ///< Where the gain is to be 1.
  std::vector<Band> stop;  ///< Where it is to be 0.

  /// Returns the gaps, ascending.
  /// \throws std::invalid_argument if a band is not an interval in [0, 1], or two overlap.
  std::vector<Band> gaps() const {
    std::vector<Band> all = pass;
    all.insert(all.end(), stop.begin(), stop.end());
    std::sort(all.begin(), all.end(), [](const Band& a, const Band& b) { return a.lo < b.lo; });
    std::vector<Band> between;
    double at = 0.0;
    for (const Band& band : all) {
      if (!(at <= band.lo && band.lo <= band.hi && band.hi <= 1.0)) {
        detail::refuse_argument("Bands: [" + detail::number_text(band.lo) + ", " +
                                detail::number_text(band.hi) +
                                "] overlaps another or leaves [0, 1]");
      }
      if (at < band.lo) between.push_back({at, band.lo});
      at = band.hi;
    }
    if (at < 1.0) between.push_back({at, 1.0});
    return between;
  }
};

}  // namespace pion::design
