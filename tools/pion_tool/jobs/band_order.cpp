// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/jobs/band_order.hpp"

#include <pion/design/low_pass.hpp>
#include <pion/filter/shape.hpp>

namespace pion::tool {
namespace {

bool bounded(const Chain& f) {
  const Range all = range(f);
  return all.lo >= -0.1 && all.hi <= 1.1;
}

}  // namespace

design::BandLoss loss_of(const BandOrder& order) {
  const double tau = order.tau;
  if (order.kind == BandKind::lowpass) return design::low_pass_loss(tau);
  const design::Band below{0.0, tau - half_gap};
  if (order.kind == BandKind::highpass) return {{{tau + half_gap, 1.0}}, {below}};
  const double upper = order.upper.value_or(tau);
  return {{{tau + half_gap, upper - half_gap}}, {below, {upper + half_gap, 1.0}}};
}

design::FitOptions fit_options(const BandOrder& order) {
  design::FitOptions options;
  options.steps = order.steps;
  options.starts = options.hops = order.starts;
  options.seed = order.seed;
  options.admits = bounded;
  if (order.kind == BandKind::lowpass) {
    options.admits = [tau = order.tau](const Chain& f) { return design::is_low_pass(f, tau); };
  }
  return options;
}

}  // namespace pion::tool
