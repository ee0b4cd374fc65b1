// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/recipes/orthogonalizer.hpp"

#include <pion/engine/default.hpp>
#include <pion/optimizer/parts/polar_rule.hpp>
#include <pion/optimizer/presets/within.hpp>

namespace pion::recipes {
namespace {

optimizer::Polar polar(const Orthogonalizer& rule) { return {rule.filter, rule.exact}; }

optimizer::FilteredWithin within(const Orthogonalizer& rule) {
  Tolerance how;
  how.error = *rule.tolerance;
  return {rule.filter, how};
}

}  // namespace

void Orthogonalizer::require_valid() const {
  if (tolerance) detail::require_valid(within(*this).tolerance);
}

std::string Orthogonalizer::signature() const {
  return tolerance ? within(*this).signature() : polar(*this).signature();
}

template <class T>
optimizer::Direction Orthogonalizer::run(const engine::View<T>& x, Workspace& workspace,
                                         WarmStart<T>& start) const {
  if (tolerance) return within(*this).direct<DefaultEngine>(x, workspace, start);
  return polar(*this).direct<DefaultEngine>(x, workspace);
}

template optimizer::Direction Orthogonalizer::run(const engine::View<float>&, Workspace&,
                                                  WarmStart<float>&) const;
template optimizer::Direction Orthogonalizer::run(const engine::View<double>&, Workspace&,
                                                  WarmStart<double>&) const;

}  // namespace pion::recipes
