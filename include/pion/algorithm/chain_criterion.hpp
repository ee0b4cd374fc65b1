// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::floor, std::sqrt, HUGE_VAL
#include <limits>
#include <optional>

#include <pion/algorithm/certificate.hpp>
#include <pion/algorithm/subspace_options.hpp>
#include <pion/detail/traits.hpp>
#include <pion/filter/bounds.hpp>

namespace pion::algorithm {

/// Says which triplets a chain f needs, and bounds ||f(A) - U f(S) V^T||_F from what was measured
/// of them. An odd function f of the singular values is Lipschitz in the Frobenius norm with its
/// scalar Lipschitz constant (through the dilation [[0, A], [A^T, 0]]), so ||f(A) - U f(S) V^T||_F
/// is at most Lip(f) ||E||_F + max_{s <= rho} |f(s) / s| ||P||_F, rho >= ||P||_2, and what storing
/// adds.
class ChainCriterion {
 public:
  static constexpr int most_powers = 4;  ///< Of the probes that bound Residuals::unseen.

  ChainCriterion(const Chain& f, double tolerance)
      : f_(f), slopes_(f), floor_(slopes_.sigma_at_ratio(0.25 * tolerance)) {}

  double gain(double sigma) const { return f_(sigma); }  ///< The chain's value at sigma.

  /// The singular values of A whose gain exceeds `gain`, where it is certain how many they are.
  ///
  /// With Q an orthonormal basis of the triplets found, A^T A = (Q^T A)^T Q^T A + E^T E, ||E||_2 <=
  /// unseen: so A's i-th singular value lies between the i-th found and its hypotenuse with unseen,
  /// and one that was not found is at most unseen. The gain must be on one side all over each such
  /// interval.
  template <class Values>
  std::optional<Index> survivors(const Values& sigma, Index /*kept*/, const Residuals& r,
                                 double gain) const {
    const double rounding = static_cast<double>(2 * f_.size()) *
                            std::numeric_limits<double>::epsilon() * slopes_.steepest();
    if (!(SlopeBounds::magnitudes(f_, 0.0, r.unseen).most + rounding <= gain)) return std::nullopt;
    Index count = 0;
    for (Index i = 0; i < sigma.size(); ++i) {
      const double square = sigma(i) * sigma(i);
      const double low = std::sqrt((std::max)(0.0, square - r.energy_rounding));
      const double high = (std::min)(std::sqrt(square + r.unseen * r.unseen + r.energy_rounding),
                                     sigma(i) + r.all_perturbation());
      const SlopeBounds::Magnitudes gains = SlopeBounds::magnitudes(f_, low, high);
      if (gains.least - rounding > gain) {
        ++count;
      } else if (!(gains.most + rounding <= gain)) {
        return std::nullopt;
      }
    }
    return count;
  }

  /// No singular value need be absent: error() bounds what those not kept can do.
  template <class Values>
  double limit(const Values& /*sigma*/, bool /*all*/) const {
    return HUGE_VAL;
  }

  /// Directions above this sigma must be kept.
  double floor() const { return floor_; }

  /// How many directions to begin with: the most that can lie above the floor, for the squares of
  /// the sigmas sum to 1, and a few more; usual_rank at most. 0 if nothing limits them.
  Index initial_rank() const {
    if (!(floor_ > 0.0)) return 0;
    return static_cast<Index>((std::min)(static_cast<double>(usual_rank),
                                         std::floor(1.0 / (floor_ * floor_)) + oversampling));
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

  /// The bound of the error. Cost: a few lookups in a table.
  double error(const Residuals& r) const {
    return slopes_.steepest() * r.perturbation() +
           slopes_.ratio(r.remainder()) * r.remainder_norm() + slopes_.largest() * 2.0 * r.basis +
           r.rounding;
  }

 private:
  Chain f_;
  SlopeBounds slopes_;
  double floor_;
};

}  // namespace pion::algorithm
