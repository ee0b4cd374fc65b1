// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::min, std::sort
#include <cmath>      // std::log, std::exp, std::pow, std::sqrt
#include <cstddef>    // std::size_t
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pion/design/bands.hpp>
#include <pion/design/designed.hpp>
#include <pion/design/equiripple.hpp>
#include <pion/design/fit.hpp>
#include <pion/design/low_pass.hpp>
#include <pion/design/two_band.hpp>
#include <pion/detail/number_text.hpp>

/// Filters that part as sharply as so many steps allow: for a ripple given, the narrowest gap.
namespace pion::design {

/// A chain whose ripple on its bands is at most what was asked for; certified::pass_ripple() and
/// stop_ripple() prove it.
struct SharpFilter {
  Chain chain;
  Bands bands;
  double ratio = 0.0;  ///< The upper edge of every gap between bands over its lower edge.
  double ripple = 0.0;
};

}  // namespace pion::design

namespace pion::detail {

/// Narrows the gaps as far as a ripple of `limit` allows, from a chain of some ripple. `at(ratio)`
/// are the bands whose gaps have that ratio. log(ripple) is nearly linear in log(log(ratio)), so a
/// few secants find the ratio; nothing if no ratio up to `widest` keeps the limit.
inline std::optional<design::SharpFilter> narrowest(const std::function<design::Bands(double)>& at,
                                                    const Chain& start, double ratio, double widest,
                                                    double limit) {
  double wide = std::log(widest), width = std::log(ratio), step = 2.5;
  design::Designed now{start, 0.0};
  design::SharpFilter best;
  double before_width = 0.0, before_ripple = 0.0;
  for (int i = 0; i < 14; ++i) {
    const design::Bands bands = at(std::exp(width));
    now = design::equiripple(bands, now.chain);
    const bool narrower = best.chain.empty() || width < std::log(best.ratio);
    if (now.loss <= limit && narrower) best = {now.chain, bands, std::exp(width), now.loss};
    if (now.loss <= limit && now.loss > 0.985 * limit) break;
    if (i > 0 && width != before_width && now.loss != before_ripple) {
      const double seen = std::log(now.loss / before_ripple) / std::log(width / before_width);
      step = std::clamp(-seen, 1.0, 8.0);
    }
    before_width = width;
    before_ripple = now.loss;
    if (width == wide && now.loss > limit) break;
    const double factor = std::pow(now.loss / (0.993 * limit), 1.0 / step);
    width = (std::min)(wide, width * std::clamp(factor, 0.5, 2.0));
  }
  if (best.chain.empty()) return std::nullopt;
  return best;
}

[[noreturn]] inline void refuse_ripple(const char* name, int steps, double ripple) {
  refuse_values(std::string(name) + ": no chain of " + std::to_string(steps) +
                " steps was found with ripple " + number_text(ripple));
}

inline void check_order(const char* name, double tau, int steps, double ripple) {
  if (0.0 < tau && tau < 1.0 && steps >= 1 && 0.0 < ripple && ripple < 0.5) return;
  refuse_argument(std::string(name) + ": tau = " + number_text(tau) + ", steps = " +
                  std::to_string(steps) + ", ripple = " + number_text(ripple) + " is out of range");
}

}  // namespace pion::detail

namespace pion::design {

/// Finds the sharpest high-pass it can: stop band [0, tau / sqrt(ratio)], pass band [tau
/// sqrt(ratio), 1].
///
/// two_band_high_pass() leads to the region, equiripple() moves all steps together, and the gap is
/// narrowed until the ripple is used up. With five steps and ripple .02 the ratio is 1.11 at .1 and
/// 1.24 at .05, where the greedy chain alone has 1.15 and 1.3; Pion's kp = 3 takes a ratio of 1.88
/// from gain .1 to .9.
///
/// Cost: some 50 ms for five steps.
/// \throws std::invalid_argument unless 0 < tau < 1, steps >= 1 and 0 < ripple < .5;
///         std::domain_error if no gap within (tau^2, 1) is wide enough for so few steps.
inline SharpFilter sharp_high_pass(double tau, int steps = 5, double ripple = 0.02) {
  detail::check_order("sharp_high_pass", tau, steps, ripple);
  const auto at = [tau](double ratio) {
    const double root = std::sqrt(ratio);
    return Bands{{{tau * root, 1.0}}, {{0.0, tau / root}}};
  };
  const double widest = 0.9999 / (tau * tau);
  double ratio = 1.0 + 1e-3;
  Designed start;
  do {
    ratio = (std::min)(std::pow(ratio, 1.2), widest);
    start = two_band_high_pass({tau / std::sqrt(ratio), tau * std::sqrt(ratio)}, steps);
  } while (start.loss > (std::min)(2.0 * ripple, 0.4) && ratio < widest);  // a filter, at least
  std::optional<SharpFilter> found;
  if (start.chain.size() == steps) {
    found = detail::narrowest(at, start.chain, ratio, widest, ripple);
  }
  if (!found) detail::refuse_ripple("sharp_high_pass", steps, ripple);
  return *found;
}

/// Finds the sharpest low-pass it can, of five steps: pass band [from, tau / sqrt(ratio)], stop
/// band [tau sqrt(ratio), 1], where `from` is .01, or tau / 10 if that is less. Below it the gain
/// lies between -ripple and 1 + ripple, and may change its sign.
///
/// It begins at chains::low_pass(tau) and at the stored chains of lower cutoffs: f(s t / tau) has
/// its cutoff at tau where f has it at t. The gaps of those three are narrowed that have the least
/// ripple at a ratio of 1.3.
///
/// Cost: some 400 ms.
/// \throws std::invalid_argument unless .05 < tau < .95 and 0 < ripple < .5; std::domain_error if
///         the ripple is not reached.
inline SharpFilter sharp_low_pass(double tau, double ripple = 0.02) {
  detail::check_order("sharp_low_pass", tau, 5, ripple);
  const auto at = [tau](double ratio) {
    const double root = std::sqrt(ratio);
    return Bands{{{(std::min)(0.01, 0.1 * tau), tau / root}}, {{tau * root, 1.0}}};
  };
  const double widest = (std::min)(25.0, 0.9999 / (tau * tau)), first = (std::min)(1.3, widest);
  std::vector<Designed> starts = {equiripple(at(first), chains::low_pass(tau))};
  for (int tenths = 1; 0.1 * tenths < tau; ++tenths) {
    std::vector<OddQuintic> steps = chains::low_pass(0.1 * tenths).steps();
    const double in = 0.1 * tenths / tau, cube = in * in * in;
    steps.front() = {in * steps[0].a, cube * steps[0].b, cube * in * in * steps[0].c};
    starts.push_back(equiripple(at(first), Chain(steps)));
  }
  std::sort(starts.begin(), starts.end(),
            [](const Designed& f, const Designed& g) { return f.loss < g.loss; });
  std::optional<SharpFilter> best;
  for (std::size_t i = 0; i < std::min<std::size_t>(starts.size(), 3); ++i) {
    const std::optional<SharpFilter> found =
        detail::narrowest(at, starts[i].chain, first, widest, ripple);
    if (found && (!best || found->ratio < best->ratio)) best = found;
  }
  if (!best) detail::refuse_ripple("sharp_low_pass", 5, ripple);
  return *best;
}

/// Finds the sharpest band-pass it can from fit(), with cutoffs lower and upper: pass band
/// [lower sqrt(ratio), upper / sqrt(ratio)], stop bands [0, lower / sqrt(ratio)] and
/// [upper sqrt(ratio), 1].
///
/// Cost: some 500 ms for five steps.
/// \throws std::invalid_argument unless 0 < lower < upper < 1, steps >= 1 and 0 < ripple < .5;
///         std::domain_error if the ripple is not reached.
inline SharpFilter sharp_band_pass(const Band& cutoffs, int steps = 5, double ripple = 0.02) {
  const double lower = cutoffs.lo, upper = cutoffs.hi;
  detail::check_order("sharp_band_pass", lower, steps, ripple);
  if (!(lower < upper && upper < 1.0)) {
    detail::refuse_argument("sharp_band_pass: the upper cutoff " + detail::number_text(upper) +
                            " is not between the lower, " + detail::number_text(lower) + ", and 1");
  }
  const auto at = [lower, upper](double ratio) {
    const double root = std::sqrt(ratio);
    return Bands{{{lower * root, upper / root}}, {{0.0, lower / root}, {upper * root, 1.0}}};
  };
  const double widest = std::pow((std::min)(upper / lower, 1.0 / (upper * upper)), 0.95);
  const double ratio = (std::min)(1.2, std::sqrt(widest));
  const Bands bands = at(ratio);
  FitOptions options;
  options.steps = steps;
  options.starts = options.hops = 20;
  const Designed start = fit(BandLoss(bands.pass, bands.stop), options);
  const std::optional<SharpFilter> found =
      detail::narrowest(at, start.chain, ratio, widest, ripple);
  if (!found) detail::refuse_ripple("sharp_band_pass", steps, ripple);
  return *found;
}

}  // namespace pion::design
