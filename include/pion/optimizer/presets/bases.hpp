// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/filter/chains.hpp>
#include <pion/optimizer/parts/conda.hpp>
#include <pion/optimizer/parts/dion.hpp>
#include <pion/optimizer/parts/error_feedback.hpp>
#include <pion/optimizer/parts/gum.hpp>
#include <pion/optimizer/parts/largest_slices.hpp>
#include <pion/optimizer/parts/lora_pre.hpp>
#include <pion/optimizer/parts/loss_modes.hpp>
#include <pion/optimizer/parts/shampoo.hpp>
#include <pion/optimizer/parts/sketched_polar.hpp>
#include <pion/optimizer/parts/soap.hpp>
#include <pion/optimizer/parts/state_codec.hpp>
#include <pion/optimizer/presets/filtering.hpp>

/// The published optimisers that keep a basis, a part of the directions, or their state in fewer
/// bytes.
///
/// Each that orthogonalises takes the rule, by default Muon's five steps. A file that steps
/// conda(), soap(), shampoo(), gum() or specmuon() compiles decompositions of Eigen's, which takes
/// seconds. State counts matrices of the parameter's shape. Weights are (out, in).
namespace pion::optimizer::presets {

/// Dion (Ahn et al. 2025), rate .01, decay .01. State: the momentum and min(m, n) x rank numbers.
/// \see Dion
inline auto dion(double fraction = 1.0, std::uint64_t seed = 0) {
  Dion rule;
  rule.fraction = fraction;
  rule.seed = seed;
  return Recipe{rule, NoMomentum{}, SpectralScale{}, DecoupledDecay{0.01}};
}

/// Dion2 (2025), rate .01, decay .01; the code takes five steps of Polar Express. State: the
/// momentum. \see OnLargestSlices
template <class Orth = Filtered>
auto dion2(double fraction = 0.25, const Orth& orth = Orth{{chains::polar_express(5)}}) {
  return Recipe{OnLargestSlices<Orth>{orth, fraction}, NoMomentum{}, SpectralScale{},
                DecoupledDecay{0.01}};
}

/// NorDion2, also Dion3: Dion2 along rows, with NorMuon's moment. State: the momentum and a number
/// for each row.
template <class Orth = Filtered>
auto nordion2(double fraction = 0.25, const Orth& orth = Orth{{chains::polar_express(5)}}) {
  return Recipe{OnLargestSlices<Orth>{orth, fraction, 0.95, true}, NoMomentum{}, SpectralScale{},
                DecoupledDecay{0.01}};
}

/// Conda (2025), rate 1e-3 in the class, .01 in the runs, there with beta2 = .99 and scale .25; no
/// decay. Without its group key the published code is plain Adam. State: two matrices and the
/// basis.
/// \see Conda
inline auto conda(const Conda& how = {}) {
  return Recipe{Identity{}, how, Unscaled{}, DecayAfter{}};
}

/// SOAP (Vyas et al. 2024), rate 3e-3, decay .01. State: two matrices and, of each side, two square
/// ones. Ports that take a step with the first gradient, renew the bases in each step, or do not
/// sort V are others. \see Soap
inline auto soap(const Soap& how = {}) {
  return Recipe{Identity{}, how, Unscaled{}, DecayAfter{0.01}};
}

/// Shampoo (Gupta, Koren and Singer 2018), without momentum, grafting or blocks. State: four square
/// matrices. \see Shampoo
inline auto shampoo(const Shampoo& how = {}) {
  return Recipe{how, NoMomentum{}, Unscaled{}, DecoupledDecay{}};
}

/// GUM (Pan et al. 2025; no code of the authors'). `full_probability` is 2 over the number of
/// layers in the paper. The sources print W + lr O, which is a slip of the sign. \see LowRankOrFull
template <class Orth = Filtered>
auto gum(double full_probability, Index rank = 128, std::uint64_t seed = 0,
         const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{LowRankOrFull<Orth>{orth, rank, full_probability, 200, 0.95, seed}, NoMomentum{},
                Unscaled{}, DecoupledDecay{}};
}

/// LoRA-Pre's Adam (Wang et al. 2026), rank 128 to 512, 8 for fine-tuning. State: four thin
/// factors.
/// \see LoraPre
inline auto lora_pre(Index rank = 128, std::uint64_t seed = 0) {
  LoraPre form;
  form.rank = rank;
  form.seed = seed;
  return Recipe{Identity{}, form, Unscaled{}, DecoupledDecay{}};
}

/// LoRA-Pre's Muon: its first moment, orthogonalised. State: two thin factors. The text does not
/// print it; this is the plain reading.
template <class Orth = Filtered>
auto lora_pre_muon(Index rank = 128, std::uint64_t seed = 0,
                   const Orth& orth = Orth{{chains::muon()}}) {
  LoraPre form;
  form.rank = rank;
  form.second = false;
  form.seed = seed;
  return Recipe{orth, form, JordanScale{}, DecoupledDecay{}};
}

/// SpecMuon (2026; no code of the authors'), no decay. Each step needs StepInputs::loss. State: a
/// matrix and six numbers. \see LossModes
inline auto specmuon(Index modes = 6) {
  LossModes rule;
  rule.modes = modes;
  return Recipe{Sequence{rule, HeavyBall{0.9}}, NoMomentum{}, Unscaled{}, DecoupledDecay{}};
}

/// EF21-Muon (2025; no code of the authors'), one worker, nothing compressed on the way back.
/// Layers of the max norm take SignRule{false} for the rule. State: two matrices. \see Tracked
template <class Compressor = SendSigns, class Orth = Filtered>
auto ef21_muon(const Compressor& compressor = {}, const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Tracked<Compressor>{compressor}, Unscaled{}, DecoupledDecay{}};
}

/// Muon with its momentum in 8 bits an entry (Gupta et al. 2025; no code of the authors'): heavy
/// ball, .2 sqrt(max). State: a byte for each entry, and a number for each 2048. \see Int8Blocks
template <class Orth = Filtered>
auto muon_8bit(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Stored<Int8Blocks, HeavyBall>{}, SqrtMaxScale{0.2}, DecoupledDecay{0.1}};
}

/// He et al. 2025, "Low-rank orthogonalization", as the code has it: a sketch of 200 columns for
/// matrices of both sides above 1000; rate .025, decay .01. State: the momentum. The paper's sketch
/// is Sketch::gaussian. The newest file of the code runs 50 steps of Muon's. \see SketchedPolar
template <class Orth = Filtered>
auto muon_sketched(Sketch sketch = Sketch::columns, std::uint64_t seed = 0,
                   const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{SketchedPolar<Orth>{orth, 200, sketch, 1000, seed}, Ema{0.95, true}, JordanScale{},
                DecoupledDecay{0.01}};
}

}  // namespace pion::optimizer::presets
