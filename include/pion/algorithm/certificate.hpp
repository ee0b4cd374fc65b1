// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::exp, std::fabs, std::hypot, std::log, std::sqrt
#include <optional>

#include <pion/detail/traits.hpp>
#include <pion/filter/bounds.hpp>

/// How far a low-rank result is from the exact one: numbers in, a bound out.
///
/// Let A = X / ||X||_F, and U (m x k), S, V (n x k) the triplets kept, with A^T U = V S, and R = A
///   V - U S,  Gu = U^T U - I,  Gv = V^T V - I. With U', V' the orthonormal factors nearest to U, V
///   there is an E with ||E||_F^2 <= ||R1||_F^2 + ||R2||_F^2, R1 = A V' - U' S and R2 = A^T U' - V'
///   S, such that A - E has the triplets (U', S, V') exactly, and besides them only the remainder P
///   = (I - U' U'^T) A (I - V' V'^T). (E = R1 V'^T + U' R2^T (I - V' V'^T).) Replacing U by U'
///   moves U by at most ||Gu||_F, and A V, V S accordingly.
namespace pion::algorithm {

/// What was measured of a decomposition, all relative to ||X||_F. Beside the k triplets kept,
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

  /// ||E||_F
  double perturbation() const { return std::hypot(left + basis, basis); }

  /// ||P||_F, from ||A||_F = 1 and ||U'^T A||_F >= ||S||_F - ||R2||_F.
  double remainder_norm() const {
    const double captured = (std::max)(0.0, kept_norm - basis);
    return std::sqrt((std::max)(0.0, 1.0 - captured * captured));
  }

  /// A bound of ||P||_2. P is Ur Sr Vr^T, and what was not seen, whose range is orthogonal to Ur.
  /// Split by Vr and the rest, P has Sr and the unseen on its diagonal, and beside it no more than
  /// next_left. The first says more before Vr has converged, the second after.
  double remainder() const {
    return (std::min)(std::hypot(unseen, next) + 2.0 * basis,
                      (std::max)(unseen, next) + next_left + 2.0 * all_basis);
  }
};

/// The x with P(chi^2 with 2 h degrees of freedom <= x) = p: the sum of a Poisson tail.
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
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (lo + hi);
    (below(middle) < p ? lo : hi) = middle;
  }
  return lo;
}

/// A bound of ||E||_2 from log ||P W||_F, where P is the product of `factors` matrices that are E
/// and E^T in turn, and W of `probes` independent Gaussian columns. It fails with probability at
/// most `failure`: along P's first right singular vector the columns of W have a chi^2 distribution
/// with `probes` degrees of freedom (an even number), so that ||P W||_F^2 >= ||E||_2^(2 factors)
/// chi^2. One per cent is added for the rounding of the products.
inline double spectral_bound(double log_norm, int factors, int probes, double failure) {
  const double log_chi = 0.5 * std::log(chi_square_quantile(probes / 2, failure));
  return 1.01 * std::exp((log_norm - log_chi) / factors);
}

/// What a filter wants of a decomposition, and what the decomposition proves for it. An odd
/// function f of the singular values is Lipschitz in the Frobenius norm with its scalar Lipschitz
/// constant (through the dilation [[0, A], [A^T, 0]]), so ||f(A) - U f(S) V^T||_F is at most Lip(f)
/// ||E||_F + max_{s <= rho} |f(s) / s| ||P||_F, rho >= ||P||_2, and what storing adds.
class ChainCriterion {
 public:
  static constexpr int most_powers = 4;  ///< Of the probes that bound Residuals::unseen.

  /// `f` must outlive the criterion.
  ChainCriterion(const Chain& f, double tolerance)
      : f_(f), slopes_(f), floor_(slopes_.sigma_at_ratio(0.25 * tolerance)) {}

  double gain(double sigma) const { return f_(sigma); }

  /// The directions whose gain exceeds `gain`, if those that were not found cannot be among them.
  template <class Values>
  std::optional<Index> survivors(const Values& sigma, Index /*kept*/, double unseen,
                                 double gain) const {
    if (slopes_.ratio(unseen) * unseen > gain) return std::nullopt;
    Index count = 0;
    for (Index i = 0; i < sigma.size(); ++i) {
      if (std::fabs(f_(sigma(i))) > gain) ++count;
    }
    return count;
  }

  /// Directions above this sigma must be kept.
  double floor() const { return floor_; }

  /// How many directions to begin with: the most that can lie above the floor, for the squares of
  /// the sigmas sum to 1, and a few more; 32 at most, as real spectra fall. 0 if nothing limits
  /// them.
  Index initial_rank() const {
    if (!(floor_ > 0.0)) return 0;
    return static_cast<Index>((std::min)(32.0, std::floor(1.0 / (floor_ * floor_)) + 8.0));
  }

  /// How many of the descending singular values to keep.
  template <class Values>
  Index keep(const Values& sigma) const {
    return (sigma.array() > floor_).count();
  }

  /// Whether singular values that were not seen may matter, given those that were.
  template <class Values>
  bool needs_more_directions(const Values& sigma) const {
    return sigma.size() == 0 || sigma(sigma.size() - 1) > floor_;
  }

  double error(const Residuals& r) const {
    return slopes_.steepest() * r.perturbation() +
           slopes_.ratio(r.remainder()) * r.remainder_norm() + slopes_.largest() * 2.0 * r.basis +
           r.rounding;
  }

 private:
  const Chain& f_;
  SlopeBounds slopes_;
  double floor_;
};

}  // namespace pion::algorithm
