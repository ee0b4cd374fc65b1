// SPDX-License-Identifier: Apache-2.0
#include "pion/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <pion/chains.hpp>
#include <pion/filter.hpp>

namespace pion::tool {
namespace {

/// The fewest promotion steps whose cutoff lies below `sigma`.
std::optional<int> least_promotions(double sigma) {
  for (int kp = 0; kp <= most_promotions; ++kp) {
    if (cutoff(chains::high_pass(kp)) <= sigma) return kp;
  }
  return std::nullopt;
}

}  // namespace

Dominant dominant_directions(const Spectrum& spectrum) {
  if (spectrum.largest() == 0.0) return {};
  const Eigen::VectorXd relative = spectrum.values() / spectrum.largest();
  const double needed = dominant_energy * relative.squaredNorm();
  Dominant dominant;
  for (double energy = 0.0; energy < needed; ++dominant.count) {
    energy += relative(dominant.count) * relative(dominant.count);
  }
  dominant.faintest = relative(dominant.count - 1) / relative.norm();
  return dominant;
}

Suggestion suggest(const Measured& m) {
  const auto adamw = [](std::string reason) {
    return Suggestion{Optimizer::adamw, {}, false, std::move(reason)};
  };
  if (m.shape.size() != 2) {
    return adamw(fmt::format("{} dimension{}: not a matrix", m.shape.size(),
                             m.shape.size() == 1 ? "" : "s"));
  }
  for (const char* part : {"embed", "lm_head"}) {
    if (m.name.find(part) != m.name.npos) {
      return adamw(fmt::format("its name has \"{}\": an embedding or output layer", part));
    }
  }
  if (m.dominant.count == 0) return {{}, {}, false, "no value that is not zero"};

  const auto directions = static_cast<double>(std::min(m.shape[0], m.shape[1]));
  const std::string part = fmt::format("effective rank {:.1f} of {}", m.effective_rank, directions);
  const bool low_rank = m.effective_rank < low_rank_part * directions;
  if (!low_rank && m.stable_rank >= low_stable_rank) {
    return {Optimizer::muon, {}, false, part + ": many directions carry it"};
  }
  const std::string low =
      low_rank ? part : fmt::format("{}, but one direction outweighs all others", part);
  const std::string dominant = fmt::format("{} direction{} half the energy{}", m.dominant.count,
                                           m.dominant.count == 1 ? " holds" : "s hold",
                                           m.per_head ? " of the weakest head" : "");
  const std::optional<int> kp = least_promotions(m.dominant.faintest);
  if (!kp) {
    return {
        Optimizer::muon, {}, false, fmt::format("{}; {}, too many for any cutoff", low, dominant)};
  }
  return {Optimizer::pion, kp, m.per_head,
          fmt::format("{}; {}, kp={} keeps {}", low, dominant, *kp,
                      m.dominant.count == 1 ? "it" : "them")};
}

std::string to_string(const Suggestion& s) {
  if (!s.optimizer) return "-";
  std::string out(name(*s.optimizer));
  if (s.kp) out += fmt::format(" kp={}", *s.kp);
  return s.per_head ? out + ", per head" : out;
}

}  // namespace pion::tool
