// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/apply/within.hpp>
#include <pion/filter/chains.hpp>
#include <pion/optimizer/rules.hpp>
#include <pion/optimizer/step.hpp>

namespace pion::optimizer {

/// A spectral filter within a tolerance, by the method that pays (apply/within.hpp): a high-pass
/// by compression, from where that of the last step ended, for a momentum changes little from step
/// to step. Whatever the start, the direction is within the tolerance.
struct FilteredWithin {
  Filter filter;
  Tolerance tolerance{};

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace, WarmStart<T>& start) const {
    auto matrix = engine::as_eigen(x);
    return detail::direction_of(
        apply<Engine>(filter, matrix, matrix, workspace, tolerance, &start));
  }
};

namespace presets {

/// presets::pion() within a tolerance.
inline auto pion_within(const Tolerance& tolerance = {}, int promotions = 2) {
  return Recipe{FilteredWithin{{chains::high_pass(promotions)}, tolerance}, HeavyBall{0.95}};
}

}  // namespace presets
}  // namespace pion::optimizer
