// SPDX-License-Identifier: Apache-2.0
// What both files of the program call: the linker keeps one of each function, so what the library
// keeps in a matrix must have the same order in both.
#pragma once

#include <pion/diagnostics/snr.hpp>

namespace {

/// Returns how far the mean of x and 3 x is from 2 x: both are without rounding.
double mean_is_off() {
  Eigen::Matrix<double, 2, 3, Eigen::ColMajor> x;  // of one type in both
  x << 1, 2, 3, 4, 5, 6;
  pion::SnrSamples samples;
  samples.add(x);
  samples.add(3.0 * x);
  return (samples.mean() - 2.0 * x).norm();
}

}  // namespace

double mean_is_off_by_columns();
