// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::floor, HUGE_VAL
#include <limits>
#include <optional>

#include <pion/algorithm/certificate.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/detail/traits.hpp>

/// The polar factor U_k V_k^T of the leading directions of a matrix, as a criterion of compression
/// (algorithm/subspace_iteration.hpp). A selection says which directions those are; singular values
/// are descending and relative to ||x||_F.
namespace pion::algorithm {

/// The `rank` largest.
struct Largest {
  Index rank;

  Index initial_rank() const { return rank; }
  template <class Values>
  Index keep(const Values& sigma) const {
    return std::min<Index>(rank, sigma.size());
  }
  template <class Values>
  bool needs_more_directions(const Values& /*sigma*/) const {
    return false;
  }
};

/// Those with sigma >= tau ||x||_F.
struct AtLeast {
  double tau;

  Index initial_rank() const {
    return static_cast<Index>((std::min)(32.0, std::floor(1.0 / (tau * tau))));
  }
  template <class Values>
  Index keep(const Values& sigma) const {
    return (sigma.array() >= tau).count();
  }
  template <class Values>
  bool needs_more_directions(const Values& sigma) const {
    return keep(sigma) == sigma.size();
  }
};

/// What a selection wants of a decomposition, and what the decomposition proves for it.
///
/// U' V'^T and U_k V_k^T of A are f(A - E) and f(A) for an odd f that is 1 above a gap and 0 below.
/// Every singular value of one matrix that f takes to 1 is at least s_k - rho - ||E||_2 from every
/// one of the other that it does not, rho >= ||P||_2, since E moves none by more than ||E||_2. So f
/// has that slope between the two spectra, and ||f(A) - f(A - E)||_F <= ||E||_F / (s_k - rho -
/// ||E||_2). Without a gap there is no bound, and nothing that deserves one.
template <class Selection>
class PolarCriterion {
 public:
  static constexpr int most_powers = 16;

  /// \param floor  directions with sigma <= floor sigma_1 are rounding's (numerical_rank()).
  PolarCriterion(const Selection& selection, double floor) : selection_(selection), floor_(floor) {}

  static double gain(double /*sigma*/) { return 1.0; }

  template <class Values>
  Index keep(const Values& sigma) const {
    return selection_.keep(above_rounding(sigma));
  }

  template <class Values>
  bool needs_more_directions(const Values& sigma) const {
    return above_rounding(sigma).size() == sigma.size() && selection_.needs_more_directions(sigma);
  }

  template <class Values>
  std::optional<Index> survivors(const Values& /*sigma*/, Index kept, double /*unseen*/,
                                 double /*gain*/) const {
    return kept;
  }

  double error(const Residuals& r) const {
    const double moved = r.perturbation();
    const double gap = r.smallest - r.remainder() - moved;
    return gap > 0.0 ? moved / gap + 2.0 * r.basis + r.rounding : HUGE_VAL;
  }

 private:
  template <class Values>
  auto above_rounding(const Values& sigma) const {
    return sigma.head((sigma.array() > floor_ * sigma(0)).count());
  }

  Selection selection_;
  double floor_;
};

}  // namespace pion::algorithm
