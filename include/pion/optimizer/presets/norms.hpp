// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::sqrt

#include <pion/filter/chains.hpp>
#include <pion/optimizer/parts/direction_scale.hpp>
#include <pion/optimizer/parts/input_transforms.hpp>
#include <pion/optimizer/parts/norm_rules.hpp>
#include <pion/optimizer/presets/filtering.hpp>

/// The published optimisers that step along the direction of a norm: Muon as frameworks have it,
/// Scion, PolarGrad, SWAN.
///
/// Each that orthogonalises takes the rule, by default Muon's five steps. Weights are (out, in):
/// another storage, such as that of Keras and optax, is said in Recipe::orientation.
namespace pion::optimizer::presets {

/// Muon as optax.contrib.muon has it for parameters that are (in, out), which the recipe says: rate
/// as given, no decay. State: the momentum. Its scale is sqrt(max(1, out / in)). (consistent_rms
/// is SqrtMaxScale, `adaptive` DualNormScale<JordanScale>.)
template <class Orth = Filtered>
auto muon_optax(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, CorrectedEma{0.95, true}, JordanScale{}, DecoupledDecay{},
                Orientation::in_out};
}

/// Muon as Keras has it, rate 1e-3, decay .004, parameters (in, out). State: the momentum. Older
/// releases had the factor sqrt(max(1, rows / cols)) of the (in, out) matrix, which is inverted.
template <class Orth = Filtered>
auto muon_keras(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, HeavyBall{0.95, true}, SqrtMaxScale{0.2}, DecoupledDecay{0.004},
                Orientation::in_out};
}

/// Scion for hidden layers (Pethick et al. 2025): the spectral norm with sqrt(out / in), radius 50.
/// State: the momentum. `weight` is that of the new gradient, which the code calls momentum; 1 is
/// its default (no momentum), its recipes have .1. The step is a Frank-Wolfe step: decay 1, which
/// is W <- (1 - lr) W, keeps W in the ball of the radius. Weights must begin in it. A port that
/// takes max(1, out / in) is another rule.
template <class Orth = Filtered>
auto scion(double radius = 50.0, double weight = 0.1, const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Ema{1.0 - weight}, SpectralScale{radius}, DecoupledDecay{1.0}};
}

/// Scion for a convolution, flattened to (out, in k), with k the number of a kernel's entries.
template <class Orth = Filtered>
auto scion_convolution(Index kernel_entries, double radius = 50.0, double weight = 0.1,
                       const Orth& orth = Orth{{chains::muon()}}) {
  const double root = std::sqrt(static_cast<double>(kernel_entries));
  return scion(radius / root, weight, orth);
}

/// Scion for an output layer: the signs over the number of inputs, radius 3000 for a language
/// model.
inline auto scion_sign(double radius = 3000.0, double weight = 0.1) {
  return Recipe{SignRule{}, Ema{1.0 - weight}, FixedScale{radius}, DecoupledDecay{1.0}};
}

/// Scion for embeddings: each column has the root mean square 1 / in.
inline auto scion_columns(double radius = 50.0, double weight = 0.1) {
  return Recipe{ColumnNormRule{}, Ema{1.0 - weight}, FixedScale{radius}, DecoupledDecay{1.0}};
}

/// Scion with a norm for each row.
inline auto scion_rows(double radius = 50.0, double weight = 0.1) {
  return Recipe{RowNormRule{}, Ema{1.0 - weight}, FixedScale{radius}, DecoupledDecay{1.0}};
}

/// Scion for biases: the root mean square is 1.
inline auto scion_bias(double radius = 50.0, double weight = 0.1) {
  return Recipe{RmsRule{}, Ema{1.0 - weight}, FixedScale{radius}, DecoupledDecay{1.0}};
}

/// Leaves out the decay of a Scion recipe: the unconstrained form.
template <class R, class M, class S>
auto unconstrained(const Recipe<R, M, S, DecoupledDecay>& recipe) {
  return Recipe{recipe.rule, recipe.momentum, recipe.scale, DecoupledDecay{}, recipe.orientation};
}

/// PolarGrad, momentum first (Lau, Long and Su 2025): U = polar(M), the step is <M, U> U; rate .02.
/// State: the momentum. It follows the size of the gradients, so that Ema is not HeavyBall here.
/// The code takes QDWH, two steps of it.
template <class Orth = Filtered>
auto polargrad(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, Ema{0.95}, DualNormScale<>{}, DecoupledDecay{}};
}

/// PolarGrad, polar first: the momentum runs over polar factors of gradients; the step is <G, U> M.
template <class Orth = Filtered>
auto polargrad_polar_first(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{Sequence{orth, Ema{0.95}}, NoMomentum{}, DualNormScale<>{}, DecoupledDecay{}};
}

/// SWAN (Ma et al. 2024; no code of the authors'): rows of the gradient are standardised, then the
/// matrix is whitened, G (G^T G)^(-1/2). It remembers nothing. Meant for wide matrices; the rank of
/// a square or tall one falls by one, and the polar factor is then not that of a plain SVD.
/// InputNormScale is its optional rescaling.
template <class Orth = Filtered>
auto swan(const Orth& orth = Orth{{chains::muon()}}) {
  return Recipe{orth, StandardizeRows{}, Unscaled{}, DecoupledDecay{}};
}

}  // namespace pion::optimizer::presets
