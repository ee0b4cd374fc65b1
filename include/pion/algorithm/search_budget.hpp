// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/detail/traits.hpp>

namespace pion::algorithm {

/// Counts what a search for singular triplets of an m x n matrix costs, in multiply-adds with the
/// matrix, and says what it may still begin.
class SearchBudget {
 public:
  SearchBudget() = default;
  SearchBudget(Index m, Index n, double most) : m_(m), n_(n), most_(most) {}

  /// Adds a Rayleigh-Ritz step: what it does besides its sweep.
  void check(Index columns) { small_work_ += check_cost(columns); }

  /// What was spent, where `sweeps` went into products with the matrix.
  double spent(double sweeps) const { return sweeps + small_work_; }
  bool overdrawn(double sweeps) const { return spent(sweeps) > most_; }

  /// Whether there is room for so many power steps and a check.
  bool affords(int steps, Index columns, double sweeps) const {
    const double more = 2.0 * (steps + 1) * static_cast<double>(columns);
    const double size = static_cast<double>(m_) * static_cast<double>(n_);
    return spent(sweeps) + more * size + check_cost(columns) <= most_;
  }

 private:
  /// Products of narrow matrices, and the eigenvectors of a small one (docs/performance.md).
  double check_cost(Index columns) const {
    constexpr double eigen = 50.0;  // which runs on one thread, and small
    const auto k = static_cast<double>(columns);
    return k * k * (static_cast<double>(3 * m_ + 2 * n_) + eigen * k);
  }

  Index m_ = 0, n_ = 0;
  double most_ = 0.0;
  double small_work_ = 0.0;
};

}  // namespace pion::algorithm
