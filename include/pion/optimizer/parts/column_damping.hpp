// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::copy_n, std::max_element, std::nth_element
#include <cmath>      // std::log
#include <string>

#include <pion/detail/host_device.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>

namespace pion::optimizer {

/// Shortens the columns of a direction whose inputs have much momentum (TrasMuon 2026): with E_j
/// the squared norm of column j of the rule's input,
///
///   R <- beta R + (1 - beta) median(E), the median itself in the first step;
///   column j is multiplied by clip(1 / (1 + alpha log(1 + E_j / (R + epsilon))), least, 1).
///
/// A column is an input feature, for weights stored (out, in). Ordinary columns, E_j = R, are
/// shortened to .59 of their length too. One port damps only those with E_j > R.
struct ColumnDamping {
  double alpha = 1.0;
  double least = 0.1;
  double beta = 0.95;
  double epsilon = 1e-8;

  static constexpr int buffers = 1;
  static constexpr unsigned needs = need::input_columns;
  BufferShape buffer(int /*i*/, Index, Index) const { return {"reference_energy", 1, 1}; }
  void require_valid() const {
    detail::require_nonnegative("ColumnDamping: alpha", alpha);
    detail::require_share("ColumnDamping: least", least);
    detail::require_fraction("ColumnDamping: beta", beta);
    detail::require_nonnegative("ColumnDamping: epsilon", epsilon);
  }
  std::string signature() const { return detail::signature("ColumnDamping", {{"beta", beta}}); }

  PION_HOST_DEVICE double factor(double energy, double reference) const {
    using std::log;
    const double among = reference + epsilon;
    const double ratio = among > 0.0 ? energy / among : 0.0;
    const double damped = 1.0 / (1.0 + alpha * log(1.0 + ratio));
    return damped < least ? least : damped;
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    detail::Arena counting;
    counting.take<double>(x.cols);
    detail::Arena arena(at.scratch, counting.used());
    double* const sorted = arena.take<double>(x.cols);
    const double* const energy = at.input_columns.data;
    std::copy_n(energy, x.cols, sorted);
    const double middle = median(sorted, x.cols);
    T& kept = *own[0].values.data;
    const double reference =
        at.t == 1 ? middle : beta * static_cast<double>(kept) + (1.0 - beta) * middle;
    kept = static_cast<T>(reference);
    auto o = engine::as_eigen(x);
    for (Index j = 0; j < x.cols; ++j) o.col(j) *= static_cast<T>(factor(energy[j], reference));
  }

 private:
  /// The median; of an even number the mean of the middle two.
  static double median(double* values, Index count) {
    double* const upper = values + count / 2;
    std::nth_element(values, upper, values + count);
    if (count % 2 == 1) return *upper;
    return 0.5 * (*upper + *std::max_element(values, upper));
  }
};

}  // namespace pion::optimizer
