// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min
#include <cmath>      // HUGE_VAL
#include <string>

#include <pion/apply/polar.hpp>
#include <pion/diagnostics/noise.hpp>
#include <pion/optimizer/rules.hpp>
#include <pion/optimizer/step.hpp>

/// The rules that keep the leading singular directions, all with gain 1: a number of them, those of
/// a certain size, or those that stand out of the noise.
///
/// `tolerance` chooses the method (apply/polar.hpp). The low-rank method works within a tolerance,
/// begins with the basis that the last step left in the state, and allocates nothing once warm. An
/// SVD is slow and allocates; it is the fall-back. A file that includes this header compiles the
/// SVD of Eigen, which takes seconds; no other header of optimizer/ needs it.
namespace pion::optimizer {

/// Gives LRMuon's direction (Fan et al. 2026, Alg. 1), U_k V_k^T of the k = `rank` largest singular
/// triplets. The
/// default takes an SVD, as the paper does; Method::automatic takes the low-rank method where it is
/// cheaper.
struct LowRank {
  Index rank = 128;
  Tolerance tolerance{1e-4, Method::svd};

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace, WarmStart<T>& start) const {
    auto matrix = engine::as_eigen(x);
    return detail::direction_of(
        low_rank_polar<Engine>(matrix, rank, matrix, workspace, tolerance, &start));
  }
  std::string signature() const { return "LowRank{rank " + std::to_string(rank) + "}"; }
};

/// Keeps every direction with sigma >= tau ||X||_F, however many there are.
struct AdaptiveRank {
  double tau = 0.1;
  Tolerance tolerance{};

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace, WarmStart<T>& start) const {
    auto matrix = engine::as_eigen(x);
    return detail::direction_of(
        adaptive_polar<Engine>(matrix, tau, matrix, workspace, tolerance, &start));
  }
  std::string signature() const { return detail::signature("AdaptiveRank", {{"tau", tau}}); }
};

/// Chooses what AboveNoise gives where no direction stands out of the noise.
enum class NothingStandsOut {
  keep_strongest,  ///< U_1 V_1^T: the update never dies.
  keep_all,        ///< U V^T: Muon's direction.
};

/// Gives the polar factor U_k V_k^T of the k directions that stand out of the noise
/// (diagnostics/noise.hpp): a high-pass whose cutoff follows the matrix.
///
/// The variance of the noise is estimated from the median singular value where the whole spectrum
/// is known, that is after an SVD. The low-rank method knows the leading values alone, so the
/// variance is estimated from the energy of what they leave; where more than about a fifth of the
/// short side's directions stand out, it may then count none.
/// The tolerance is for the k that was found.
struct AboveNoise {
  NothingStandsOut otherwise = NothingStandsOut::keep_strongest;
  Tolerance tolerance{1e-3};

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace, WarmStart<T>& start) const {
    auto matrix = engine::as_eigen(x);
    return detail::direction_of(
        detail::polar_within<Engine>("AboveNoise", Selection{otherwise, x.rows, x.cols}, matrix,
                                     matrix, workspace, tolerance, &start));
  }
  std::string signature() const {
    return otherwise == NothingStandsOut::keep_all ? "AboveNoise{or all}"
                                                   : "AboveNoise{or the strongest}";
  }

 private:
  /// The directions to keep, as PolarCriterion asks for them.
  struct Selection {
    NothingStandsOut otherwise;
    Index rows, cols;

    static Index initial_rank() { return pion::algorithm::usual_rank; }
    template <class Values>
    Index keep(const Values& sigma) const {
      const bool whole = sigma.size() == (std::min)(rows, cols);
      const Index above = whole
                              ? Index((sigma.array() > noise_threshold(sigma, rows, cols)).count())
                              : count_above_noise(sigma, 1.0, rows, cols);
      if (above > 0) return above;
      return otherwise == NothingStandsOut::keep_all ? sigma.size()
                                                     : std::min<Index>(1, sigma.size());
    }
    template <class Values>
    bool needs_more_directions(const Values& sigma) const {
      return keep(sigma) == sigma.size();
    }
    template <class Values>
    double limit(const Values& sigma, bool all, double rounding) const {
      return all || keep(sigma) < sigma.size() ? HUGE_VAL : rounding;
    }
  };
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
