// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // std::sqrt

#include <pion/algorithm/svd.hpp>
#include <pion/low_rank_polar.hpp>
#include <pion/optimizer/direction.hpp>
#include <pion/optimizer/noise.hpp>
#include <pion/optimizer/step.hpp>

/// The rules that look at the singular values. They take an SVD, so they are slow and allocate; and
/// this header is the only one of the optimisers that costs the compilation of Eigen's SVD.
namespace pion::optimizer {

/// LRMuon (Fan et al. 2026, Alg. 1): U_k V_k^T of the k largest singular triplets.
struct LowRank {
  Index rank = 128;

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& /*workspace*/) const {
    auto matrix = engine::as_eigen(x);
    const ApplyInfo info = low_rank_polar(matrix, rank, matrix);
    return {info.output_norm, info.survivors, 0, false};
  }
};

/// What AboveNoise does with a matrix none of whose directions stands out of the noise.
enum class NothingStandsOut {
  keep_strongest,  ///< U_1 V_1^T: the update never dies.
  keep_all,        ///< U V^T: Muon's direction.
};

/// A high-pass whose cutoff follows the matrix: the polar factor U_k V_k^T of the k directions above
/// the noise threshold of noise.hpp.
struct AboveNoise {
  NothingStandsOut otherwise = NothingStandsOut::keep_strongest;

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& /*workspace*/) const {
    auto matrix = engine::as_eigen(x);
    const auto factors = pion::detail::thin_svd<T>(matrix);
    const auto& sigma = factors.singularValues();
    const Index rank = algorithm::numerical_rank(sigma, x.rows, x.cols);
    const double threshold = noise_threshold(sigma, x.rows, x.cols);
    Index kept = (sigma.head(rank).template cast<double>().array() > threshold).count();
    if (kept == 0) kept = otherwise == NothingStandsOut::keep_all ? rank : std::min<Index>(1, rank);
    matrix.noalias() =
        factors.matrixU().leftCols(kept) * factors.matrixV().leftCols(kept).transpose();
    return {std::sqrt(static_cast<double>(kept)), kept, 0, false};
  }
};

namespace presets {

/// LRMuon as in the paper (Fan et al. 2026, Alg. 1); its code takes rank 128, and recipes 512 for
/// vision, 256 for language, 128 for action.
inline auto lr_muon(Index rank = 128) { return Recipe{LowRank{rank}, HeavyBall{0.95}}; }

/// Pion with a cutoff that follows the noise, the rest as in the paper.
inline auto pion_above_noise(NothingStandsOut otherwise = NothingStandsOut::keep_strongest) {
  return Recipe{AboveNoise{otherwise}, HeavyBall{0.95}};
}

}  // namespace presets
}  // namespace pion::optimizer
