// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <pion/apply/within.hpp>
#include <pion/optimizer/parts/rules.hpp>

namespace pion::optimizer {

/// Applies a spectral filter within a tolerance, by the cheapest method (apply/within.hpp).
///
/// The low-rank method begins with the basis that the last step left in the state, because a
/// momentum changes little from one step to the next. The error of the direction is within the
/// tolerance whatever that basis is.
struct FilteredWithin {
  Filter filter;
  Tolerance tolerance{};

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace, WarmStart<T>& start) const {
    auto matrix = engine::as_eigen(x);
    return detail::direction_of(
        apply<Engine>(filter, matrix, matrix, workspace, tolerance, &start));
  }
  std::string signature() const { return "FilteredWithin{" + detail::signature(filter) + "}"; }
};

}  // namespace pion::optimizer
