// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <pion/filter/chain.hpp>
#include <pion/filter/published_chains.hpp>

/// The catalogue of chains, each with the source of its coefficients: Muon's and Pion's here,
/// published orthogonalisers in published_chains.hpp, low-pass chains in design/low_pass.hpp.
namespace pion::chains {

/// Muon's Newton-Schulz step (Jordan 2024). Its composition does not settle at 1: five steps take
/// [.01, 1] into [.6818, 1.1344].
inline constexpr OddQuintic muon_step{3.4445, -4.7750, 2.0315};

/// Promotion (Fan et al. 2026, eq. 7): p(1) = 1, p'(1) = 0 and the largest slope at 0 that stays
/// monotone; p'(s) = 1.875 (1 - s^2)^2.
inline constexpr OddQuintic promotion{1.875, -1.25, 0.375};

/// Suppression (eq. 8): p(1) = 1, p'(1) = 0, p'(0) = 0. It takes what is below sqrt(2/3) towards 0
/// and what is above, up to 1.1397, towards 1.
inline constexpr OddQuintic suppression{0.0, 2.5, -1.5};

/// Returns Muon's orthogonalisation, which takes every direction towards gain 1.
/// \throws std::invalid_argument if `steps` is negative.
inline Chain muon(int steps = 5) { return repeat(muon_step, steps); }

/// Returns Pion's high-pass (Alg. 2): `promotions` promotion steps, then suppression for the rest.
///
/// More promotion lowers the cutoff: .8165, .5230, .2957, .1605, .0860 for 0 to 4 of 5 steps.
/// \throws std::invalid_argument unless 0 <= promotions <= steps.
inline Chain high_pass(int promotions, int steps = 5) {
  if (promotions < 0 || promotions > steps) {
    detail::refuse_argument("high_pass: " + std::to_string(promotions) +
                            " promotion steps do not fit in " + std::to_string(steps));
  }
  return repeat(promotion, promotions).then(repeat(suppression, steps - promotions));
}

}  // namespace pion::chains
