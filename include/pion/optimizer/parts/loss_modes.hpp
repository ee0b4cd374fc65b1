// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::sqrt
#include <string>

#include <pion/algorithm/svd.hpp>
#include <pion/detail/svd.hpp>
#include <pion/engine/view.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>

namespace pion::optimizer {

/// Weighs the leading singular directions by a relaxed energy of the loss (SpecMuon 2026). With the
/// loss L of this step and G / (||G|| + e) = U diag(s) V^T, for each of the first `modes`
/// directions:
///
///   p = r_j / (1 + lr / (s_j + e) s_j / (sqrt(L) + e) / 2);  the gain is p / (sqrt(L) + e)
///   T = (1 - xi) p^2 + xi r_j^2 + (1 - xi) (r_j - p)^2
///   c = clip((sqrt(L) - sqrt(T)) / (sqrt(L) - p + e), 0, 1);  r_j <- c p + (1 - c) sqrt(L)
///
/// Other directions keep s_j for a gain. r_j begins at the root of the first loss, and belongs to
/// the j-th largest direction whichever that is. The shrink hardly depends on s_j. StepInputs::loss
/// must be of the same weights as G, and not negative; the paper adds a constant to keep it so: add
/// it. Momentum runs behind the rule: Sequence{LossModes{}, HeavyBall{.9}}. An SVD in each step,
/// which allocates. State: `modes` numbers.
struct LossModes {
  Index modes = 6;
  double xi = 0.2;
  double epsilon = 1e-12;  ///< The e above.

  static constexpr int buffers = 1;
  BufferShape buffer(int /*i*/, Index rows, Index cols) const {
    return {"energies", (std::min)(modes, (std::min)(rows, cols)), 1};
  }
  void require_valid() const {
    detail::require_period("LossModes: modes", modes);
    detail::require_share("LossModes: xi", xi);
    detail::require_nonnegative("LossModes: epsilon", epsilon);
  }
  std::string signature() const {
    return detail::signature("LossModes", {{"modes", static_cast<double>(modes)}, {"xi", xi}});
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    if (!at.inputs.loss) detail::refuse_missing("loss");
    detail::require_nonnegative("step: StepInputs::loss", *at.inputs.loss);
    const double root = std::sqrt(*at.inputs.loss);
    const auto matrix = engine::as_eigen(x);
    const detail::ThinSvd<T> svd =
        detail::thin_svd<T>(matrix / static_cast<T>(detail::norm_of(x) + epsilon));
    detail::OwnedVector<T> gains = svd.singularValues();
    T* const energies = own[0].values.data;
    for (Index j = 0; j < own[0].values.rows; ++j) {
      const auto s = static_cast<double>(gains(j));
      const double r = at.t == 1 ? root : static_cast<double>(energies[j]);
      const double p = r / (1.0 + 0.5 * (at.learning_rate / (s + epsilon)) * s / (root + epsilon));
      const double relaxed = (1.0 - xi) * p * p + xi * r * r + (1.0 - xi) * (p - r) * (p - r);
      const double share =
          (std::min)((std::max)((root - std::sqrt(relaxed)) / (root - p + epsilon), 0.0), 1.0);
      gains(j) = static_cast<T>(p / (root + epsilon));
      energies[j] = static_cast<T>(share * p + (1.0 - share) * root);
    }
    algorithm::recompose(svd, gains, x);
  }
};

}  // namespace pion::optimizer
