// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::exp, std::hypot, std::log, std::sqrt, HUGE_VAL

/// Bounds how far a low-rank result is from the exact one: numbers in, a bound out.
///
/// Let A = X / ||X||_F, and let U (m x k), S, V (n x k) be the triplets kept, with A^T U = V S. Let
///   R = A V - U S,  Gu = U^T U - I,  Gv = V^T V - I,
/// let U', V' be the orthonormal factors nearest to U, V, and let
///   R1 = A V' - U' S,  R2 = A^T U' - V' S,  E = R1 V'^T + U' R2^T (I - V' V'^T).
/// Then A - E has the triplets (U', S, V') exactly, and besides them only the remainder
///   P = (I - U' U'^T) A (I - V' V'^T);  and ||E||_F^2 <= ||R1||_F^2 + ||R2||_F^2.
/// Replacing U by U' moves U by at most ||Gu||_F, and A V, V S accordingly.
namespace pion::algorithm {

/// Bounds ||(I - Q Q^T) A||_F from ||A||_F = 1 and `captured`, within `error` of ||Q^T A||_F. The
/// difference of the squares is known to within `rounding`: what is left may be that large even
/// where the difference comes out as 0.
inline double norm_beyond(double captured, double error, double rounding) {
  const double least = (std::max)(0.0, captured - error);
  return std::sqrt((std::max)(0.0, 1.0 - least * least) + rounding);
}

/// Holds what was measured of a decomposition, all relative to ||X||_F. Beside the k triplets kept,
/// others may have been found: (Ur, Sr, Vr), with the same equation, orthogonal to those kept.
struct Residuals {
  double left = 0.0;       ///< ||R||_F
  double next_left = 0.0;  ///< ||A Vr - Ur Sr||_F
  double basis = 0.0;      ///< ||Gu||_F + ||Gv||_F, U with Ur
  double all_basis = 0.0;  ///< The same, V with Vr
  double kept_norm = 0.0;  ///< ||S||_F
  double smallest = 0.0;   ///< The least of S.
  double next = 0.0;       ///< ||Sr||_2
  double unseen = 1.0;     ///< A bound of ||(I - Q Q^T) A||_2, Q an orthonormal basis of U and Ur.
  double rounding = 0.0;   ///< Of U g(S) V^T, as it is written.
  double energy_rounding = 0.0;  ///< Of 1 - ||S||_F^2, from both numbers.
  /// The largest singular value that A may have besides those kept, for the kept ones to be all
  /// that were asked for.
  double limit = HUGE_VAL;

  /// ||E||_F
  double perturbation() const { return std::hypot(left + basis, basis); }

  /// The same for all triplets found.
  double all_perturbation() const {
    return std::hypot(std::hypot(left, next_left) + all_basis, all_basis);
  }

  /// ||P||_F, from ||A||_F = 1 and ||U'^T A||_F >= ||S||_F - ||R2||_F.
  double remainder_norm() const { return norm_beyond(kept_norm, basis, energy_rounding); }

  /// A bound of the first singular value of A that is not kept: of ||(I - U' U'^T) A||_2, which has
  /// Sr Vr^T, and the unseen beside it.
  double next_value() const { return (std::min)(std::hypot(unseen, next), remainder()); }

  /// Bounds ||P||_2. P is the sum of Ur Sr Vr^T and of what is unseen, the part of A whose range is
  /// orthogonal to U and Ur. The two ranges are orthogonal, so hypot(||Sr||, unseen) is a bound. Or
  /// split the rows of P's domain into Vr and the rest: then P is a 2 x 2 block matrix with Sr and
  /// a part of the unseen on its diagonal, and one block beside it, A Vr - Ur Sr. The first bound
  /// is better before Vr has converged, the second after.
  double remainder() const {
    return (std::min)(std::hypot(unseen, next) + 2.0 * basis,
                      (std::max)(unseen, next) + next_left + 2.0 * all_basis);
  }
};

/// Returns the x with P(chi^2 with 2 h degrees of freedom <= x) = p: the sum of a Poisson tail.
inline double chi_square_quantile(int half_degrees, double p) {
  const auto below = [half_degrees](double x) {  // P(chi^2 <= x), summed without cancellation
    double term = std::exp(-0.5 * x);
    for (int i = 1; i <= half_degrees; ++i) term *= 0.5 * x / i;
    double sum = 0.0;
    int i = half_degrees;
    while (term > 1e-18 * sum) {
      sum += term;
      term *= 0.5 * x / ++i;
    }
    return sum;
  };
  double lo = 0.0, hi = 2.0 * half_degrees;
  while (below(hi) < p && hi < 1e3 * half_degrees) hi *= 2.0;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (lo + hi);
    (below(middle) < p ? lo : hi) = middle;
  }
  return lo;
}

/// Bounds ||E||_2 from log ||P W||_F, where P is the product of `factors` matrices that are E
/// and E^T in turn, and W of `probes` independent Gaussian columns. It fails with probability at
/// most `failure`: along P's first right singular vector the columns of W have a chi^2 distribution
/// with `probes` degrees of freedom (an even number), so that ||P W||_F^2 >= ||E||_2^(2 factors)
/// chi^2. One per cent is added for the rounding of the products.
inline double spectral_bound(double log_norm, int factors, int probes, double failure) {
  const double log_chi = 0.5 * std::log(chi_square_quantile(probes / 2, failure));
  return 1.01 * std::exp((log_norm - log_chi) / factors);
}

}  // namespace pion::algorithm
