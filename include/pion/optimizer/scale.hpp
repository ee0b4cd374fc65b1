// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max
#include <cmath>      // std::sqrt

#include <pion/optimizer/direction.hpp>

/// The scale rules: what a rule's direction, rows x cols, is multiplied by besides the learning
/// rate. An orthogonal direction of full rank has the root mean square 1 / sqrt(max(rows, cols)).
namespace pion::optimizer {

/// The direction as it is (Fan et al. 2026, Alg. 1 to 3).
struct Unscaled {
  double factor(Index, Index, const Direction&) const { return 1.0; }
};

/// sqrt(max(1, rows / cols)) (Jordan 2024).
struct JordanScale {
  double factor(Index rows, Index cols, const Direction&) const {
    return std::sqrt((std::max)(1.0, static_cast<double>(rows) / static_cast<double>(cols)));
  }
};

/// multiple * sqrt(max(rows, cols)): a full-rank direction gets the root mean square `multiple`,
/// .2 to match AdamW's (Moonlight, Liu et al. 2025); published Pion code has 2, .2 and 5.
struct SqrtMaxScale {
  double multiple = 0.2;
  double factor(Index rows, Index cols, const Direction&) const {
    return multiple * std::sqrt(static_cast<double>((std::max)(rows, cols)));
  }
};

/// sqrt(rows / cols), for weights stored (out, in): the change of an activation's root mean square
/// does not depend on the shape (Pethick et al. 2025; Bernstein and Newhouse 2024).
struct SpectralScale {
  double factor(Index rows, Index cols, const Direction&) const {
    return std::sqrt(static_cast<double>(rows) / static_cast<double>(cols));
  }
};

/// The update gets the root mean square `rms` whatever the rule: the direction is divided by its
/// own norm. A filter that keeps k directions has norm sqrt(k) and would else take a smaller step
/// than Muon at the same learning rate. A dead direction stays dead: its rounding is not magnified.
struct RmsScale {
  double rms = 0.2;
  double factor(Index rows, Index cols, const Direction& direction) const {
    if (direction.dead || direction.norm == 0.0) return 0.0;
    return rms * std::sqrt(static_cast<double>(rows) * static_cast<double>(cols)) / direction.norm;
  }
};

}  // namespace pion::optimizer
