// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/design/low_pass.hpp>
#include <pion/filter/chains.hpp>
#include <pion/optimizer/parts/rules.hpp>
#include <pion/optimizer/parts/spectral_power.hpp>
#include <pion/optimizer/step.hpp>

/// The published optimisers, each a recipe by name; change its members to taste. Two other headers
/// have presets, because what they include takes longer to compile: compressed.hpp has
/// pion_within(), low_rank.hpp has lr_muon() and pion_above_noise().
///
/// The learning rate is an argument of step(): the published one stands beside each. Results round
/// differently from published code: pion normalises without an epsilon and computes in the
/// parameter's precision, where much of that code adds 1e-7 to the norm and filters in bfloat16.
namespace pion::optimizer::presets {

/// Pion as in the paper (Fan et al. 2026, Alg. 2): heavy ball, no scale, no decay. The paper trains
/// with kp <= 2, rate 1e-4 and decay .01 on VLA, rate 1e-6 on RLVR (Tables A1, A2).
inline auto pion_paper(int promotions = 2) {
  return Recipe{Filtered{{chains::high_pass(promotions)}}, HeavyBall{0.95}};
}

/// The same as pion_paper(). After `using namespace pion::optimizer::presets` the bare name is
/// ambiguous with the namespace pion; pion_paper() never is.
inline auto pion(int promotions = 2) { return pion_paper(promotions); }

/// pion_paper() in the per-head mode (Alg. 3).
template <class Layout>
auto pion_per_head(const Layout& heads, int promotions = 2) {
  return Recipe{FilteredPerHead<Layout>{{chains::high_pass(promotions)}, heads}, HeavyBall{0.95}};
}

/// Pion's stand-alone code: EMA with Nesterov, 2 sqrt(max), decay .01; kp is 0 by default.
inline auto pion_released(int promotions = 0) {
  return Recipe{Filtered{{chains::high_pass(promotions)}}, Ema{0.95, true}, SqrtMaxScale{2.0},
                DecoupledDecay{0.01}};
}

/// Pion's VLA code (VLAAdapter, VLANeXt): the same with .2 sqrt(max), rate 1e-4. Its launchers pass
/// kp = 0; its Python trainers fall back to 1 where nothing is passed. pion_vla_paper() has the
/// paper's values.
inline auto pion_vla(int promotions = 0) {
  return Recipe{Filtered{{chains::high_pass(promotions)}}, Ema{0.95, true}, SqrtMaxScale{0.2},
                DecoupledDecay{0.01}};
}

/// Pion as the paper trains VLA models (Fan et al. 2026, Table A1): pion_paper() with decay .01,
/// rate 1e-4.
inline auto pion_vla_paper(int promotions = 2) {
  return Recipe{Filtered{{chains::high_pass(promotions)}}, HeavyBall{0.95}, Unscaled{},
                DecoupledDecay{0.01}};
}

/// Pion's code for openpi: EMA without Nesterov, 2 sqrt(max), kp = 0; rate 2.5e-5 with a cosine,
/// decay from the configuration.
inline auto pion_openpi(int promotions = 0) {
  return Recipe{Filtered{{chains::high_pass(promotions)}}, Ema{0.95}, SqrtMaxScale{2.0},
                DecoupledDecay{}};
}

/// Pion's RLVR code for matrices without heads: as pion_rlvr(), with the whole matrix's shape.
inline auto pion_rlvr_whole(int promotions = 0) {
  return Recipe{Filtered{{chains::high_pass(promotions)}}, Ema{0.95}, SqrtMaxScale{5.0},
                DecoupledDecay{0.01}};
}

/// Pion's RLVR code: per head, EMA without Nesterov, 5 sqrt(max) of each head's shape, decay .01;
/// class and launchers take kp = 0, rate 1e-6. (That code falls back to the whole matrix where the
/// heads do not divide it; here it is refused.)
template <class Layout>
auto pion_rlvr(const Layout& heads, int promotions = 0) {
  return Recipe{FilteredPerHead<Layout>{{chains::high_pass(promotions)}, heads}, Ema{0.95},
                SqrtMaxScale{5.0}, DecoupledDecay{0.01}};
}

/// Muon as in the paper that compares it with Pion (eq. 1 and 3).
inline auto muon() { return Recipe{Filtered{{chains::muon()}}, HeavyBall{0.95}}; }

/// Muon's first code (Jordan 2024), rate .02.
inline auto muon_jordan() {
  return Recipe{Filtered{{chains::muon()}}, Ema{0.95, true}, JordanScale{}};
}

/// Moonlight's Muon (Liu et al. 2025): heavy ball with Nesterov, .2 sqrt(max), decay .1; with
/// AdamW's rates.
inline auto moonlight() {
  return Recipe{Filtered{{chains::muon()}}, HeavyBall{0.95, true}, SqrtMaxScale{0.2},
                DecoupledDecay{0.1}};
}

/// torch.optim.Muon with adjust_lr_fn "original", rate 1e-3.
inline auto muon_torch() {
  return Recipe{Filtered{{chains::muon()}}, Ema{0.95, true}, JordanScale{}, DecoupledDecay{0.1}};
}

/// torch.optim.Muon with adjust_lr_fn "match_rms_adamw", rate 1e-3.
inline auto muon_torch_rms() {
  return Recipe{Filtered{{chains::muon()}}, Ema{0.95, true}, SqrtMaxScale{0.2},
                DecoupledDecay{0.1}};
}

/// LPMuon, the low-pass mirror of Pion (Fan et al. 2026, App. L): the paper trains with tau = .5.
inline auto lp_muon(double tau = 0.5) {
  return Recipe{Filtered{{chains::low_pass(tau)}}, HeavyBall{0.95}};
}

/// AdamW (Loshchilov and Hutter 2019) with torch.optim.AdamW's numbers, rate 1e-3.
inline auto adamw() {
  return Recipe{Identity{}, RmsNormalized{0.9, 0.999, 1e-8}, Unscaled{}, DecoupledDecay{0.01}};
}

/// SGD with momentum as torch.optim.SGD has it; decay goes through the gradient.
inline auto sgd(double momentum = 0.9, bool nesterov = false) {
  return Recipe{Identity{}, HeavyBall{momentum, nesterov}, Unscaled{}, CoupledDecay{}};
}

/// mSGDS and mSGDQ (Qi et al. 2026): a power of the first moment; rates .2 (half), .04 (quarter).
/// (mSGD, p = 1, is sgd() with rate 5; mSGDZ is m_sgd_z().)
inline auto m_sgd_power(Power power) { return Recipe{SpectralPower{power}, HeavyBall{0.9}}; }

/// AdamS and AdamQ: a power of the RMS-normalised momentum; rates .01 (half), .02 (quarter).
inline auto adam_power(Power power) {
  return Recipe{SpectralPower{power}, RmsNormalized{0.9, 0.95, 1e-8}};
}

/// mSGDZ: p = 0, for which the published code takes 15 of Muon's steps and its scale; rate 7e-3.
inline auto m_sgd_z() {
  return Recipe{Filtered{{chains::muon(15)}}, HeavyBall{0.9}, JordanScale{}};
}

/// AdamZ: the same of the RMS-normalised momentum; rate 7e-3.
inline auto adam_z() {
  return Recipe{Filtered{{chains::muon(15)}}, RmsNormalized{0.9, 0.95, 1e-8}, JordanScale{}};
}

}  // namespace pion::optimizer::presets
