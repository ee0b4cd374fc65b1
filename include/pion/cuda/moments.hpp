// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cfloat>  // DBL_MAX
#include <cmath>   // fabs, ldexp, sqrt

#include <pion/detail/host_device.hpp>

namespace pion::cuda {

/// Holds the largest |entry| of a matrix and the sum of its squares over 4^exponent. An entry that
/// is not finite makes both not finite.
struct NormPartials {
  double largest = 0.0;
  double squares = 0.0;
  int exponent = 0;

  PION_HOST_DEVICE static NormPartials of(double value, int exponent) {
    const double scaled = exponent == 0 ? value : ::ldexp(value, -exponent);
    return {::fabs(value), scaled * scaled, exponent};
  }

  /// Joins two parts of a matrix. A NaN stays: fmax would drop it.
  PION_HOST_DEVICE NormPartials operator+(const NormPartials& other) const {
    const bool keep = largest >= other.largest || largest != largest;
    return {keep ? largest : other.largest, squares + other.squares, exponent};
  }

  PION_HOST_DEVICE bool finite() const { return largest <= DBL_MAX; }
  PION_HOST_DEVICE double norm() const { return ::ldexp(::sqrt(squares), exponent); }

  /// norm(), as a function of the moments.
  struct Norm {
    PION_HOST_DEVICE double operator()(const NormPartials& m) const { return m.norm(); }
  };
};

}  // namespace pion::cuda
