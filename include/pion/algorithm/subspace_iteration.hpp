// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::fabs, std::log, std::sqrt
#include <cstdint>    // std::uint64_t
#include <limits>

#include <pion/algorithm/certificate.hpp>
#include <pion/algorithm/measured_residuals.hpp>
#include <pion/algorithm/probes.hpp>
#include <pion/algorithm/ritz.hpp>
#include <pion/algorithm/search_budget.hpp>
#include <pion/algorithm/small_matrices.hpp>
#include <pion/algorithm/subspace_options.hpp>
#include <pion/detail/random.hpp>
#include <pion/detail/symmetric_eigen.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>

/// Compress, filter, expand: the leading singular triplets of a matrix, and a proof that they are
/// all that a filter needs.
///
/// Triplets are `found` by a Rayleigh-Ritz step (algorithm/ritz.hpp); the first of them, as many as
/// the criterion says, are `kept`; what the found ones leave out of A is `unseen`, and only its
/// size is bounded.
namespace pion::algorithm {

/// Finds the triplets of A = x / ||x||_F, x m x n, that a criterion wants, and proves an error
/// bound for them. A criterion has keep(sigma), how many of the descending singular values found
/// are kept; needs_more_directions(sigma), whether values that were not found may matter;
/// limit(sigma, all), what a value of A that is not kept may be (Residuals::limit), `all` saying
/// that A has no more than those found; error(residuals), the bound; gain(sigma), what a direction
/// is multiplied by; most_powers, how often the probes may be sharpened.
template <class Kernels, class T>
class SubspaceIteration {
  using View = engine::View<T>;
  using Source = typename Kernels::Source;

 public:
  /// With room for `capacity` directions. \param place  what else the kernels are made from.
  template <class... Place>
  SubspaceIteration(detail::Arena& arena, Index m, Index n, Index capacity, Place&... place)
      : kernels_(arena, m, n, (std::max)(most(m, n, capacity), probe_columns), place...),
        small_(small_matrices(arena, most(m, n, capacity))),
        probes_(arena, kernels_, m, n, most(m, n, capacity)),
        ritz_(arena, kernels_, small_, m, n, most(m, n, capacity)) {}

  const Kernels& kernels() const { return kernels_; }  ///< Those that the search runs on.
  const SmallMatrices& small_matrices() const {
    return small_;
  }  ///< For the caller, once find() is done.

  Index rank() const { return kept_; }                                ///< Triplets kept.
  View left() const { return ritz_.left(kept_); }                     ///< U, m x rank
  auto right() const { return ritz_.right(kept_); }                   ///< V, n x rank
  const detail::SmallVector& sigma() const { return ritz_.sigma(); }  ///< Descending; rank or more.
  double error() const { return error_; }                          ///< Criterion::error() of them.
  const Residuals& residuals() const { return residuals_; }        ///< What error() is made from.
  double norm() const { return ritz_.norm(); }                     ///< ||x||_F
  double multiply_adds() const { return ritz_.multiply_adds(); }   ///< With x, so far.
  double spent() const { return budget_.spent(multiply_adds()); }  ///< Of the budget.
  View scratch() const { return ritz_.scratch(); }                 ///< In m rows, for the caller.
  /// A basis to begin the next search with, a power step on from U: of the triplets kept, and of as
  /// many others as it takes to prove as much again of the same matrix.
  View next_start() const { return next_start_; }

  /// Finds the triplets that `criterion` wants, and more until the error that it proves of them is
  /// within the tolerance. False if that cannot be had within the budget.
  /// \param norm  ||x||_F > 0, whose square is within T's range; or 0, to be found on the way from
  ///              a warm start: then norm() must be looked at afterwards.
  template <class Criterion>
  bool find(const Source& x, double norm, const Criterion& criterion,
            const SubspaceOptions<T>& how);

 private:
  static Index most(Index m, Index n, Index capacity) {
    return (std::min)({capacity, m, n, detail::max_rank});
  }

  SmallMatrices small_matrices(detail::Arena& arena, Index rank) const {
    detail::Arena host(kernels_.small_memory(arena, SmallMatrices::bytes(rank)));
    return SmallMatrices(host, rank);
  }

  std::uint64_t next_seed() { return seed_ = detail::random_bits(seed_, 0); }

  /// Proves what it can of the triplets kept: from the Frobenius norm of what they leave, and if
  /// that will not do, by probes, as long as these may bring the error within the tolerance. True
  /// if it is.
  template <class Criterion>
  bool prove(const Criterion& criterion, double tolerance, Residuals& r);

  /// How much of A lies outside the first `count` triplets of those found: in the Frobenius norm,
  /// and where there are probes as they have it.
  double unseen_beyond(Index count) const;

  /// How many triplets next_start() should have.
  template <class Criterion>
  Index start_size(const Criterion& criterion, double tolerance, Residuals r) const;

  Kernels kernels_;
  SmallMatrices small_;
  Probes<Kernels, T> probes_;
  Ritz<Kernels, T> ritz_;
  View next_start_;
  Index kept_ = 0;
  bool probed_ = false;
  Residuals residuals_;
  double error_ = 0.0;
  double failure_ = 0.0;
  SearchBudget budget_;
  std::uint64_t seed_ = 0;
};

template <class Kernels, class T>
double SubspaceIteration<Kernels, T>::unseen_beyond(Index count) const {
  const double frobenius =
      norm_beyond(sigma().head(count).norm(), ritz_.left_error(), double_rounding(ritz_.x()));
  if (!probed_) return frobenius;
  return (std::min)(frobenius, probes_.bound(failure_, sigma().tail(sigma().size() - count)));
}

template <class Kernels, class T>
template <class Criterion>
bool SubspaceIteration<Kernels, T>::prove(const Criterion& criterion, double tolerance,
                                          Residuals& r) {
  const auto reaches = [&](double unseen) {
    Residuals with = r;
    with.unseen = unseen;
    return criterion.error(with) <= tolerance;
  };
  const View u = ritz_.left(ritz_.found());
  for (probed_ = false;; ritz_.count(2 * probe_columns)) {
    r.unseen = unseen_beyond(ritz_.found());
    residuals_ = r;
    error_ = criterion.error(r);
    if (error_ <= tolerance) return true;
    if (!reaches(probed_ ? probes_.least() : 0.0) || budget_.overdrawn(multiply_adds())) {
      return false;
    }
    if (!probed_) {
      failure_ *= 0.5;  // so that the bounds of all checks hold together
      probes_.draw(kernels_, next_seed(), ritz_.unit(), ritz_.x(), u);
      probed_ = true;
    } else if (probes_.powers() < Criterion::most_powers) {
      probes_.sharpen(kernels_, ritz_.unit(), ritz_.x(), u);
    } else {
      return false;
    }
  }
}

template <class Kernels, class T>
template <class Criterion>
Index SubspaceIteration<Kernels, T>::start_size(const Criterion& criterion, double tolerance,
                                                Residuals r) const {
  // The widths that sweeps are made for.
  const auto above = [](Index size) { return size < 8 ? size / 2 * 2 + 2 : size / 8 * 8 + 8; };
  for (Index size = above(std::max<Index>(kept_, 2)); size < ritz_.found(); size = above(size)) {
    r.unseen = unseen_beyond(size);
    if (criterion.error(r) <= tolerance) return size;
  }
  return ritz_.found();
}

template <class Kernels, class T>
template <class Criterion>
bool SubspaceIteration<Kernels, T>::find(const Source& x, double norm, const Criterion& criterion,
                                         const SubspaceOptions<T>& how) {
  using Effort = SearchEffort;
  seed_ = how.seed;
  failure_ = how.failure_probability;
  budget_ = {x.rows, x.cols, how.budget};
  kept_ = 0;
  residuals_ = {};
  ritz_.begin(x, norm);
  int steps = 0;  // before the next check
  bool warm = how.start.cols > 0;
  const auto begin_cold = [&] {
    warm = false;
    ritz_.begin(x, ritz_.norm());
    ritz_.grow(kernels_, how.rank, next_seed());
    steps = Effort::cold_steps;
  };
  if (warm) {
    ritz_.start_from(kernels_, how.start);
  } else {
    begin_cold();
  }
  for (int checks = 0; checks < Effort::most_checks;) {
    const Index columns = ritz_.columns();
    for (; steps > 0 && ritz_.columns() > 0; --steps) ritz_.power_step(kernels_);
    if (ritz_.columns() == 0 || !ritz_.decompose(kernels_)) {
      if (!warm || !(ritz_.unit() > 0.0)) return false;
      begin_cold();  // a start without a direction of x in it, or without numbers
      continue;
    }
    budget_.check(columns);
    // Fewer than looked for: what else x has cannot be told from rounding.
    const bool all = ritz_.found() < columns;
    const bool too_few =
        !all && columns < ritz_.capacity() && criterion.needs_more_directions(sigma());
    Index wanted = too_few ? 2 * columns : columns;
    if (!too_few) {
      ++checks;
      kept_ = criterion.keep(sigma());
      Residuals r = measured_residuals(kernels_, ritz_, criterion, kept_);
      if (prove(criterion, how.tolerance, r)) {
        next_start_ = ritz_.stepped_left(kernels_, start_size(criterion, how.tolerance, r));
        return true;
      }
      if (all && r.next_value() > r.limit) {  // what cannot be resolved may have been asked for
        if (!warm) return false;
        begin_cold();
        continue;
      }
      // A step takes the residual of the last direction kept down by (sigma_last / sigma_kept)^2.
      const double ratio = kept_ > 0 ? sigma()(ritz_.found() - 1) / r.smallest : 0.0;
      const double more = std::log(4.0 * error_ / how.tolerance) / (-2.0 * std::log(ratio));
      steps = more > 1.0 ? static_cast<int>(std::min<double>(more, Effort::most_steps)) - 1 : 0;
      if (!all && ratio > 0.6) wanted = 2 * columns;
      r.left = r.next_left = 0.0;  // Will steps alone do, as far as is known?
      r.unseen = probed_ ? r.unseen : 0.0;
      if (criterion.error(r) > how.tolerance) wanted = (std::max)(wanted, how.rank);
    }
    ritz_.step_on(kernels_);
    wanted = (std::min)(wanted, ritz_.capacity());
    if (wanted > ritz_.columns() &&
        budget_.affords((std::max)(steps, Effort::steps_of_new_columns), wanted, multiply_adds())) {
      ritz_.grow(kernels_, wanted, next_seed());
      steps = (std::max)(steps, Effort::steps_of_new_columns);
    } else if (too_few || !budget_.affords(steps, ritz_.columns(), multiply_adds())) {
      return false;
    }
  }
  return false;
}

}  // namespace pion::algorithm
