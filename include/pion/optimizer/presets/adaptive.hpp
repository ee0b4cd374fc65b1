// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/filter/chains.hpp>
#include <pion/optimizer/parts/adaptive_scale.hpp>
#include <pion/optimizer/parts/column_damping.hpp>
#include <pion/optimizer/parts/direction_scale.hpp>
#include <pion/optimizer/parts/input_transforms.hpp>
#include <pion/optimizer/parts/second_moment.hpp>
#include <pion/optimizer/presets/filtering.hpp>

/// The published optimisers that adapt a spectral step: by moments of its direction, or of the
/// sizes of the gradients.
///
/// Each takes the rule that orthogonalises, by default Muon's five steps; Polar{{}, true} takes the
/// exact polar factor. State counts matrices of the parameter's shape. Weights are (out, in):
/// another storage is said in Recipe::orientation. Parameters that are no matrices go to AdamW.
namespace pion::optimizer::presets {

/// NorMuon as its code has it (Li et al. 2025): rate .02; decay 0. State: the momentum and a number
/// for each row. The rows' moment does nothing to a wide matrix that is orthogonalised exactly. The
/// paper has another momentum and scale: normuon_paper(). For convolutions the code averages over a
/// kernel's width alone; flatten them to (out, in k k) before.
template <class Orth = Filtered>
auto normuon(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{Sequence{orth, SecondMoment{}}, Ema{0.95, true}, JordanScale{}, DecoupledDecay{}};
}

/// NorMuon as in the paper: no Nesterov, root mean square .2 whatever the shape.
template <class Orth = Filtered>
auto normuon_paper(const Orth& orth = Orth{{chains::muon()}}) {
  SecondMoment moment;
  moment.epsilon = 1e-8;
  moment.renormalize = Renormalize::rms;
  moment.norm_epsilon = 0.0;
  return Recipe{Sequence{orth, moment}, Ema{0.95}, Unscaled{}, DecoupledDecay{}};
}

/// NorMuon with a number for each index of the long side, as NVIDIA's Emerging-Optimizers has it
/// (there without Nesterov and with sqrt(max(rows, cols)) for a scale): for wide matrices it is
/// another algorithm, which does act.
template <class Orth = Filtered>
auto normuon_long_side(const Orth& orth = Orth{{chains::muon()}}) {
  SecondMoment moment;
  moment.granularity = Granularity::long_side;
  moment.epsilon = 1e-8;
  moment.epsilon_at = Epsilon::clamp;
  return Recipe{Sequence{orth, moment}, Ema{0.95, true}, JordanScale{}, DecoupledDecay{}};
}

/// AdaMuon (Si et al. 2025): the sign of the Nesterov input is orthogonalised, and each entry of
/// the direction divided by its own moment; rate .02, in the runs 6e-4; decay .01, there .1. State:
/// two matrices. The update's root mean square is always .2; in the first step each entry is +-.2.
/// The signs of a matrix may lack full rank. A port without the sign, or with a factor of the shape
/// on top, is another algorithm. The Megatron copy forgets the moment unless it is distributed.
template <class Orth = Filtered>
auto adamuon(const Orth& orth = Orth{{chains::muon()}}) {
  SecondMoment moment;
  moment.granularity = Granularity::element;
  moment.epsilon = moment.norm_epsilon = 1e-8;
  moment.renormalize = Renormalize::rms;
  return Recipe{Sequence{orth, moment}, Sequence{Ema{0.95, true}, Sign{}}, Unscaled{},
                DecoupledDecay{0.01}};
}

/// TrasMuon (2026; no code of the authors'): NorMuon's moment with the epsilon inside the root,
/// then columns with much momentum are shortened. State: the momentum, a number for each row and
/// one. The root mean square is 1 before the columns are shortened, .6 after it in common cases:
/// the rate is five times smaller than that of rules with .2. The paper's numbers are not all known
/// to us.
template <class Orth = Filtered>
auto trasmuon(const Orth& orth = Orth{{chains::muon()}}) {
  SecondMoment moment;
  moment.epsilon = moment.norm_epsilon = 1e-8;
  moment.epsilon_at = Epsilon::inside;
  moment.renormalize = Renormalize::rms;
  moment.rms = 1.0;
  return Recipe{Sequence{orth, moment, ColumnDamping{}}, Ema{0.95}, Unscaled{}, DecoupledDecay{}};
}

/// NAMO ("Adam improves Muon", 2026), as its code has it: rate .01, in the runs .012; decay .1,
/// which follows the adaptive step. State: the momentum and one number. \see NamoScale
template <class Orth = Filtered>
auto namo(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Ema{0.95, true}, NamoScale{}, AdaptiveDecay{0.1}};
}

/// NAMO-D: NAMO with a step for each column; rate .009 in the runs, whose clamp is .01. State: the
/// momentum and a number for each column. \see NamoColumnScale
template <class Orth = Filtered>
auto namo_d(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Ema{0.95, true}, NamoColumnScale{}, AdaptiveDecay{0.1}};
}

/// AdaGO (2025; no code of the authors'): rate .05, no decay. State: the momentum and one number.
/// Not invariant to the size of the gradients: two numbers of AdaGradNormScale are absolute.
template <class Orth = Filtered>
auto adago(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Ema{0.95}, AdaGradNormScale{}, DecoupledDecay{}};
}

/// Muon^2 (2026): orthogonalises M / sqrt(V + epsilon). State: two matrices. adam_z() differs by
/// the corrections, the place of the epsilon and the number of steps.
template <class Orth = Filtered>
auto muon_squared(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, RmsNormalized{0.95, 0.95, 1e-8, false, true}, SpectralScale{},
                DecoupledDecay{}};
}

/// AuON as its code has it (Maity 2025): rate .24. State: the momentum. It has no spectral part:
/// the factor is within 1 + O(1 / size) of 1, and what remains is SGD with Nesterov's momentum.
inline auto auon() { return Recipe{Identity{}, Ema{0.95, true}, CoshScale<>{}, DecoupledDecay{}}; }

/// AuON as in the paper: X over its norm too, and Jordan's factor of the shape.
inline auto auon_paper() {
  return Recipe{Identity{}, Ema{0.95, true}, CoshScale<JordanScale>{1.0, true}, DecoupledDecay{}};
}

/// The hybrid AuON: the input is orthogonalised before, by five steps in the code and by one in the
/// paper (give Filtered{{chains::muon(1)}}), whose formula drops the root.
template <class Orth = Filtered>
auto auon_hybrid(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Ema{0.95, true}, CoshScale<>{}, DecoupledDecay{}};
}

}  // namespace pion::optimizer::presets
