// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <pion/engine/view.hpp>
#include <pion/optimizer/parts/compressors.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>
#include <pion/optimizer/recipe/run_part.hpp>

namespace pion::optimizer {

/// Tracks a momentum by compressed differences (EF21-Muon 2025), as one worker and its server do:
///
///   M <- beta M + (1 - beta) G;  E <- E + C(M - E);  the rule sees E
///
/// In the first step M and E become G, which is sent whole. With SendAll this is Ema that begins
/// with a gradient. It stands in the place of a momentum form. Several workers: each has a Tracked
/// of its own for its gradient, and the server's E is the mean of theirs. Feedback belongs on this
/// side of the rule: behind an orthogonalisation it can diverge (2607.29674, Thm. 4). State: two
/// matrices. Allocates as the compressor does.
template <class Compressor = SendSigns>
struct Tracked {
  Compressor compressor{};
  double beta = 0.9;

  static constexpr int buffers = 3;
  BufferShape buffer(int i, Index rows, Index cols) const {
    if (i == 0) return {"momentum", rows, cols};
    if (i == 1) return {"estimate", rows, cols};
    return {"difference", rows, cols, Storage::scratch};
  }
  void require_valid() const {
    detail::require_valid_part(compressor);
    detail::require_fraction("Tracked: beta", beta);
  }
  std::string signature() const {
    return detail::signature("Tracked", {{"beta", beta}}) + " by " +
           detail::part_signature(compressor);
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    auto g = engine::as_eigen(x), m = engine::as_eigen(own[0].values);
    auto e = engine::as_eigen(own[1].values), difference = engine::as_eigen(own[2].values);
    if (at.t == 1) {
      m = g;
      e = g;
      return;
    }
    m = static_cast<T>(beta) * m + static_cast<T>(1.0 - beta) * g;
    difference = m - e;
    compressor.template compress<Engine>(own[2].values, at.scratch);
    e += difference;
    g = e;
  }
};

}  // namespace pion::optimizer
