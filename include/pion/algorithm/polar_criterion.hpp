// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::floor, HUGE_VAL
#include <limits>
#include <optional>

#include <pion/algorithm/certificate.hpp>
#include <pion/algorithm/subspace_options.hpp>
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
  bool needs_more_directions(const Values& sigma) const {
    return sigma.size() < rank;
  }
  /// Of fewer than `rank`, none may be left.
  template <class Values>
  double limit(const Values& sigma, bool all, double rounding) const {
    return all || sigma.size() >= rank ? HUGE_VAL : rounding;
  }
};

/// Those with sigma >= tau ||x||_F.
struct AtLeast {
  double tau;

  Index initial_rank() const {
    return static_cast<Index>(
        (std::min)(static_cast<double>(usual_rank), std::floor(1.0 / (tau * tau))));
  }
  template <class Values>
  Index keep(const Values& sigma) const {
    return (sigma.array() >= tau).count();
  }
  template <class Values>
  bool needs_more_directions(const Values& sigma) const {
    return keep(sigma) == sigma.size();
  }
  template <class Values>
  double limit(const Values& /*sigma*/, bool /*all*/, double rounding) const {
    return (std::max)(tau, rounding);
  }
};

/// Says which triplets a selection needs, and bounds ||U_k V_k^T - U V^T||_F from what was measured
/// of them.
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
  std::optional<Index> survivors(const Values& /*sigma*/, Index kept, const Residuals& /*r*/,
                                 double /*gain*/) const {
    return kept;
  }

  /// What a singular value that is not kept may be, for those kept to be the selection's: a value
  /// that was not found may have been one of these, unless it is smaller than any that it takes or
  /// than rounding. `sigma` are those found; `all` says that A has no others.
  template <class Values>
  double limit(const Values& sigma, bool all) const {
    const double rounding = floor_ * sigma(0);
    return selection_.limit(above_rounding(sigma), all, rounding);
  }

  double error(const Residuals& r) const {
    if (r.next_value() > r.limit) return HUGE_VAL;
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
