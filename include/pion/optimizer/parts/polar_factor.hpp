// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <pion/apply/polar.hpp>
#include <pion/apply/selection.hpp>
#include <pion/optimizer/parts/rules.hpp>

/// The rule that keeps the leading singular directions, all with gain 1: a number of them, those of
/// a certain size, or those that stand out of the noise.
///
/// `tolerance` chooses the method (apply/polar.hpp). The low-rank method works within a tolerance,
/// begins with the basis that the last step left in the state, and allocates nothing once warm. An
/// SVD is slow and allocates; it is the fall-back. A file that includes this header compiles the
/// SVD of Eigen, which takes seconds.
namespace pion {

namespace detail {

inline std::string signature(const Leading& selection) {
  return "LowRank{rank " + std::to_string(selection.rank) + "}";
}
inline std::string signature(const AtLeast& selection) {
  return signature("AdaptiveRank", {{"tau", selection.tau}});
}
inline std::string signature(const AboveNoise& selection) {
  return selection.otherwise == NothingStandsOut::keep_all ? "AboveNoise{or all}"
                                                           : "AboveNoise{or the strongest}";
}

}  // namespace detail

namespace optimizer {

/// The tolerance of a rule that is given none. LRMuon takes an SVD, as the paper does;
/// Method::automatic takes the low-rank method where it is cheaper.
inline Tolerance usual_tolerance(const Leading& /*selection*/) { return {1e-4, Method::svd}; }
inline Tolerance usual_tolerance(const AtLeast& /*selection*/) { return {1e-4}; }
inline Tolerance usual_tolerance(const AboveNoise& /*selection*/) { return {1e-3}; }

/// Gives the polar factor U_k V_k^T of the directions that a selection keeps (apply/selection.hpp):
/// of Leading{k}, as LRMuon's; of AtLeast{tau}, however many they are; of AboveNoise{}, a high-pass
/// whose cutoff follows the matrix. `tolerance` is for the k that was found.
template <class Selection>
struct PolarFactor {
  Selection selection{};
  Tolerance tolerance = usual_tolerance(selection);

  template <class Engine, class T>
  Direction direct(const engine::View<T>& x, Workspace& workspace, WarmStart<T>& start) const {
    auto matrix = engine::as_eigen(x);
    return detail::direction_of(
        polar_factor<Engine>(matrix, selection, matrix, workspace, tolerance, &start));
  }
  std::string signature() const { return detail::signature(selection); }
};
template <class Selection>
PolarFactor(Selection) -> PolarFactor<Selection>;
template <class Selection>
PolarFactor(Selection, Tolerance) -> PolarFactor<Selection>;

}  // namespace optimizer
}  // namespace pion
