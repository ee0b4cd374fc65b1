// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <pion/diagnostics/noise.hpp>
#include <pion/filter/chains.hpp>
#include <pion/optimizer/routing/parameter_names.hpp>
#include <utility>

namespace pion::tool {
namespace {

/// The fewest promotion steps, from `fewest` on, that leave `sigma` a gain.
std::optional<int> least_promotions(int fewest, double sigma) {
  for (int kp = fewest; kp <= most_promotions; ++kp) {
    if (chains::high_pass(kp)(sigma) >= least_gain) return kp;
  }
  return std::nullopt;
}

constexpr const char* evidence = "docs/evidence.md";

}  // namespace

Outstanding outstanding_directions(const Spectrum& spectrum, Index rows, Index cols,
                                   double epsilon) {
  const Eigen::VectorXd& sigma = spectrum.values();
  Outstanding out;
  out.directions = sigma.size();
  if (spectrum.largest() == 0.0) return out;
  const Eigen::VectorXd relative = sigma / spectrum.largest();
  const double noise = pion::noise_threshold(relative, rows, cols);
  const double rounding = std::max(
      {epsilon * relative.norm(), spectrum.error() / spectrum.largest(),
       static_cast<double>(std::max(rows, cols)) * std::numeric_limits<double>::epsilon()});
  out.rounding = noise <= rounding;
  out.count = (relative.array() > std::max(noise, rounding)).count();
  if (out.count == 0) return out;
  const double last = relative(out.count - 1);
  out.faintest = last / relative.norm();
  out.gap = out.count < sigma.size() ? last / relative(out.count)
                                     : std::numeric_limits<double>::infinity();
  return out;
}

Suggestion suggest(const Measured& m) {
  const auto adamw = [](std::string reason) {
    return Suggestion{Optimizer::adamw, {}, false, std::move(reason)};
  };
  if (m.shape.size() != 2) {
    return adamw(fmt::format("{} dimension{}: not a matrix", m.shape.size(),
                             m.shape.size() == 1 ? "" : "s"));
  }
  const optimizer::RoleName* const told = optimizer::telling_name(m.name);
  if (told != nullptr && optimizer::is_outside(told->role)) {
    const std::string has = fmt::format("its name has \"{}\": ", told->text);
    if (told->role == optimizer::Role::table) {
      return {{}, {}, false, has + "a table of a quantised weight, which is not trained"};
    }
    return adamw(has +
                 (told->role == optimizer::Role::embedding ? "an embedding" : "an output layer"));
  }
  if (m.zero) return {{}, {}, false, "no value that is not zero"};

  const Outstanding& o = m.outstanding;
  const std::string whose = m.per_head ? " in the weakest head" : "";
  if (o.count == 0) {
    return adamw(fmt::format("no direction of {} stands out of the noise{} ({}, rank 32 and more)",
                             o.directions, whose, evidence));
  }
  const bool many =
      static_cast<double>(o.count) > many_directions * static_cast<double>(o.directions);
  const bool gap = o.gap >= (many ? wide_gap : clear_gap);
  const std::string seen =
      fmt::format("{} of {} directions {} out{}{}", o.count, o.directions,
                  o.count == 1 ? "stands" : "stand", o.rounding ? "" : " of the noise", whose);
  if (many && !gap) {
    return {Optimizer::muon,
            {},
            false,
            fmt::format("{} and fade into the rest: no noise floor ({}, action heads)", seen,
                        evidence)};
  }
  const std::optional<int> kp = least_promotions(fewest_promotions + (gap ? 0 : 1), o.faintest);
  if (!kp) {
    return {Optimizer::muon, {}, false, fmt::format("{}, too faint for any cutoff", seen)};
  }
  const char* rest = o.rounding ? "the rest is rounding"
                     : gap      ? "then comes a gap"
                                : "then they fade into it";
  return {Optimizer::pion, kp, m.per_head,
          fmt::format("{}, {}; kp={} keeps {} ({}, {})", seen, rest, *kp,
                      o.count == 1 ? "it" : "them", evidence, gap ? "low rank" : "fading spectra")};
}

std::string to_string(const Suggestion& s) {
  if (!s.optimizer) return "-";
  std::string out(name(*s.optimizer));
  if (s.kp) out += fmt::format(" kp={}", *s.kp);
  return s.per_head ? out + ", per head" : out;
}

}  // namespace pion::tool
