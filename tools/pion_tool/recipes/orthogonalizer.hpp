// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <pion/apply/warm_start.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/filter/filter.hpp>
#include <pion/optimizer/recipe/direction.hpp>
#include <string>

namespace pion::recipes {

/// The rule of all recipes that filter: by the chain, by the chain within a tolerance, or by the
/// exact polar factor in its place. One type, compiled once.
struct Orthogonalizer {
  Filter filter;
  bool exact = false;
  std::optional<double> tolerance;

  template <class Engine, class T>
  optimizer::Direction direct(const engine::View<T>& x, Workspace& workspace,
                              WarmStart<T>& start) const {
    return run(x, workspace, start);
  }
  void require_valid() const;
  std::string signature() const;

 private:
  template <class T>
  optimizer::Direction run(const engine::View<T>& x, Workspace& workspace,
                           WarmStart<T>& start) const;
};

}  // namespace pion::recipes
