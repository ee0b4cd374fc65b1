// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // exp, log, sqrt

#include <pion/detail/host_device.hpp>

/// The arithmetic of single numbers between an algorithm's products. An engine runs it where its
/// numbers are, on a device too (so this header leaves Eigen out). A number 0 never gives a NaN:
/// the zero matrix stays zero.
namespace pion::algorithm {

/// 1 / x, and 0 for 0.
struct Inverse {
  PION_HOST_DEVICE double operator()(double x) const { return x == 0.0 ? 0.0 : 1.0 / x; }
};
/// 1 / x^2, and 0 for 0.
struct InverseSquare {
  PION_HOST_DEVICE double operator()(double x) const { return x == 0.0 ? 0.0 : 1.0 / (x * x); }
};
/// The square root.
struct SquareRoot {
  PION_HOST_DEVICE double operator()(double x) const { return ::sqrt(x); }
};

/// Bounds of lambda_1 of a positive semidefinite R from the norms of its powers, by squaring:
/// lambda_1 <= ||R^k||_F^(1/k) (Gelfand), and ||R^2k||_F / ||R^k||_F <= lambda_1^k.
struct PowerBound {
  double log_norm = 0.0;  ///< log ||R^k||_F
  double k = 1.0;
  bool close = false;  ///< The two are within close_enough in sigma; the bound moves no more.

  static constexpr double close_enough = 0.02;  ///< Relative; the squarings end there.

  /// k = 1, from ||R||_F.
  struct Start {
    PION_HOST_DEVICE PowerBound operator()(double norm) const { return {::log(norm), 1.0, false}; }
  };

  /// 2k, from `square` = ||(R^k / ||R^k||_F)^2||_F.
  struct Squared {
    PION_HOST_DEVICE PowerBound operator()(const PowerBound& b, double square) const {
      if (b.close) return b;
      const double log_square = 2.0 * b.log_norm + ::log(square);
      const double gap = 0.5 * (log_square / (2.0 * b.k) - (log_square - b.log_norm) / b.k);
      return {log_square, 2.0 * b.k, gap < close_enough};
    }
  };

  /// The bound of sigma_1 = lambda_1^(1/2), with an error of R of `rounding` times its norm added.
  struct Sigma {
    double rounding;
    PION_HOST_DEVICE double operator()(const PowerBound& b, double norm) const {
      return ::sqrt(::exp(b.log_norm / b.k) + rounding * norm);
    }
  };

  /// Squarings after which the bound of an m x m matrix is close, whatever its spectrum:
  /// ||R^k||_F^(1/k) <= m^(1/2k) lambda_1, so that k = log(m) / (4 close_enough) will do.
  static int most_squarings(double m) {
    int squarings = 0;
    for (double k = 1.0; 4.0 * close_enough * k < ::log(m); k *= 2.0) ++squarings;
    return squarings;
  }
};

}  // namespace pion::algorithm
