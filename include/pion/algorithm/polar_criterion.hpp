// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // HUGE_VAL
#include <optional>

#include <pion/algorithm/certificate.hpp>
#include <pion/detail/traits.hpp>

/// The polar factor U_k V_k^T of the leading directions of a matrix, as a criterion of compression
/// (algorithm/subspace_iteration.hpp). A selection says which directions those are
/// (apply/selection.hpp).
namespace pion::algorithm {

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
  static constexpr int most_powers = 16;  ///< Of the probes that bound Residuals::unseen.

  /// For a rows x cols matrix of a scalar with this eps. Directions with sigma <= max(m, n) eps
  /// sigma_1 are rounding's.
  PolarCriterion(const Selection& selection, Index rows, Index cols, double epsilon)
      : selection_(selection),
        rows_(rows),
        cols_(cols),
        floor_(static_cast<double>((std::max)(rows, cols)) * epsilon) {}

  static double gain(double /*sigma*/) { return 1.0; }  ///< Of a direction that is kept.

  /// What the selection says of the values that rounding cannot have made.
  template <class Values>
  Index keep(const Values& sigma) const {
    return selection_.keep(above_rounding(sigma), rows_, cols_);
  }

  /// Whether the selection may want one that was not found.
  template <class Values>
  bool needs_more_directions(const Values& sigma) const {
    return above_rounding(sigma).size() == sigma.size() &&
           selection_.needs_more_directions(sigma, rows_, cols_);
  }

  /// Those that are kept: each has the gain 1.
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
    return selection_.limit(above_rounding(sigma), rows_, cols_, all, rounding);
  }

  /// The bound of the error; infinite where there is no gap.
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
  Index rows_, cols_;
  double floor_;
};

}  // namespace pion::algorithm
