// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::clamp, std::min
#include <cmath>      // std::ceil, std::fabs, std::lround
#include <string>
#include <vector>

#include <pion/design/band_loss.hpp>
#include <pion/design/fit.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/chain.hpp>
#include <pion/filter/shape.hpp>

namespace pion::design {

/// Returns the loss of a low-pass with cutoff tau: pass band [.01, tau - .03], stop band [tau +
/// .03, 1] (Fan et al. 2026, App. L).
/// \throws std::invalid_argument unless .05 < tau < .95.
inline BandLoss low_pass_loss(double tau) {
  if (!(0.05 < tau && tau < 0.95)) {
    detail::refuse_argument("low_pass: tau = " + detail::number_text(tau) +
                            " is not in (.05, .95), where both bands have room");
  }
  return BandLoss({{0.01, tau - 0.03}}, {{tau + 0.03, 1.0}});
}

/// Tells whether a chain is fit to filter matrices by: f is not negative up to the end of the pass
/// band, also below .01, where the loss does not look, and the gain stays within [-.1, 1.1] on
/// [0, 1], the gap between the bands included.
/// \throws std::invalid_argument if tau < .03, or f has more than 65,536 laps on [0, 1].
inline bool is_low_pass(const Chain& f, double tau) {
  const Range all = range(f), passed = range(f, 0.0, tau - 0.03);
  return f.derivative(0.0) > 0.0 && passed.lo >= 0.0 && all.lo >= -0.1 && all.hi <= 1.1;
}

/// Searches a chain that passes what is below tau and stops what is above, from many starts.
/// chains::low_pass() has one at once, from the best found for tau = .1, .2, ... .9.
///
/// Cost: as fit().
/// \throws std::invalid_argument unless .05 < tau < .95, steps and starts are positive and hops is
///         not negative; std::domain_error if no start leads to a chain that is admitted.
inline Designed fit_low_pass(double tau, FitOptions options = {}) {
  if (!options.admits) options.admits = [tau](const Chain& f) { return is_low_pass(f, tau); };
  return fit(low_pass_loss(tau), options);
}

}  // namespace pion::design

namespace pion::detail {

/// The low-pass chains for tau = .1, .2, ... .9, by tools/design/fit_low_pass_table.cpp. The loss
/// is that of Fan et al. 2026, (A56), of the coefficients as they stand and rounded; the iterates
/// are the largest |value| that any step takes an s in [0, 1] to.
inline constexpr OddQuintic low_pass_table[9][5] = {
    // clang-format off
    // tau = .1: loss 0.000653 (float32 0.000653, bfloat16 0.000666, decimals 0.000653),
    // iterates to 1.242
    {{3.8889400907120826, -9.0944899272346031, 6.2466075463802007},
      {2.7205987014919892, -3.8454416500453759, 2.2473894351405868},
      {1.3817248476557125, -0.77270471336816005, 0.19095405946065505},
      {2.1637788761362491, -8.0820143481029891, 10.08415613027362},
      {3.998959062670675, -10.124270639034993, 6.4074239703436024}},
    // tau = .2: loss 0.000215 (float32 0.000215, bfloat16 0.000235, decimals 0.000217),
    // iterates to 1.009
    {{2.8832726445022856, -5.5160311188151674, 3.4977827387833753},
      {2.5261273063520036, -3.1182577223367951, 1.6837956083350945},
      {1.6653118003340093, -3.3998513038899922, 2.5138941202779042},
      {3.7528289634651535, -15.263996689985211, 15.517302305326556},
      {3.121053224754637, -5.5549593387875751, 4.2553556471713101}},
    // tau = .3: loss 0.000192 (float32 0.000192, bfloat16 0.000227, decimals 0.000198),
    // iterates to 1.008
    {{2.0971298865152215, -2.6569440539243794, 1.2647641759870512},
      {2.48310878304448, -3.3787393222675148, 2.0381499060028534},
      {2.2176129906994122, -7.3414389206645483, 6.6323383842423151},
      {4.7000388291242885, -18.905107881101994, 19.008747628608013},
      {2.5104002511528036, -2.8696005466585057, 1.4001482911501817}},
    // tau = .4: loss 0.000622 (float32 0.000622, bfloat16 0.000666, decimals 0.000638),
    // iterates to 1.134
    {{1.805281639673324, -1.7701652277386268, 0.61916625151251603},
      {2.2669497955069757, -3.0171249311978792, 1.7964572288029026},
      {4.7246256405270888, -17.540219164594692, 17.662755220148867},
      {1.6774815111610009, -3.1117137910668333, 1.9450743923541671},
      {3.5753358984400587, -7.2738853393374585, 3.698314723272468}},
    // tau = .5: loss 0.001609 (float32 0.001609, bfloat16 0.001849, decimals 0.001649),
    // iterates to 1.123
    {{1.5888732052235373, -0.78893476058053802, -0.017920315872741534},
      {1.7013257905686234, -1.7784131854496279, 0.83105996401034021},
      {5.6347032802318893, -29.493393930672873, 41.481677105567684},
      {1.5984572902150564, -3.0963425500242283, 1.9640209805750091},
      {3.9854472808264343, -9.941501769491742, 6.1965021715868627}},
    // tau = .6: loss 0.002135 (float32 0.002135, bfloat16 0.002175, decimals 0.002143),
    // iterates to 1.294
    {{2.6265725061095959, -2.724453493534726, 1.2287308675420476},
      {2.360377537675808, -5.7233882004358616, 3.6614464131810029},
      {2.4214331119906567, -1.5911977289006218, 0.46084666279220343},
      {1.5730633059291934, -2.3040436380712506, 1.0958853056997078},
      {3.5741375838492688, -7.1504915696807059, 3.575313579293625}},
    // tau = .7: loss 0.001452 (float32 0.001452, bfloat16 0.001538, decimals 0.001473),
    // iterates to 1.251
    {{1.5950770941640922, -1.4236909148297754, 0.55973065675135769},
      {5.239624487162529, -28.78617197831203, 41.069069181664275},
      {3.0702627858690499, -4.850554963056962, 1.9146439500340444},
      {3.7986329820248308, -6.1361499237901658, 3.6195925792673389},
      {0.42922196248726946, 0.98439881621413128, -0.48411811077263517}},
    // tau = .8: loss 0.000431 (float32 0.000431, bfloat16 0.000593, decimals 0.000496),
    // iterates to 1.014
    {{1.8648305136049776, -1.4815489587380632, 0.52563848285620629},
      {2.57297396866245, -6.1467072047664528, 4.8756508429496828},
      {3.7427232802598041, -17.813307892204033, 24.229593312134586},
      {2.7588639666227266, -5.6149720045093732, 2.855918752664774},
      {3.0309590263484094, -4.9849776356756639, 3.4809586380807978}},
    // tau = .9: loss 0.000050 (float32 0.000050, bfloat16 0.000345, decimals 0.000111),
    // iterates to 1.398
    {{2.408737253237367, -1.6575022226309764, 0.51177169875249606},
      {2.4063295593673839, -4.3500559730139496, 2.0167670309306711},
      {2.9662795560730326, -14.327608271999379, 19.23960365802855},
      {5.9751136490706394, -17.886462091632357, 13.384460072166929},
      {1.6080826738167706, -0.76917976996380655, 0.16047743187247082}},
    // clang-format on
};

}  // namespace pion::detail

namespace pion::chains {

/// Returns a low-pass in five steps, gain 1 on [.01, tau - .03] and 0 on [tau + .03, 1] (Fan et al.
/// 2026, App. L; fitted anew, for Table A7 does not bear its own rounding).
///
/// For tau = .1, .2, ... .9 it is stored: the gain stays within [-.004, 1.024] on [0, 1] and no
/// iterate exceeds 1.4; on the pass band it is at least .73, reached at its ends, and on the stop
/// band at most .041; what is below .01 keeps its sign, with slope 41 to 166 at 0. The loss (A56)
/// is below what the paper reports for every tau, and below half of it for six; with coefficients
/// rounded to bfloat16 it is at most .0022.
///
/// For any other tau the two neighbours in the table are moved there, a hundredth at a time, and
/// refined: a loss of .003 at most, in some 50 ms, without anything random.
/// design::fit_low_pass() searches longer.
/// \throws std::invalid_argument unless .05 < tau < .95.
inline Chain low_pass(double tau) {
  const design::BandLoss loss = design::low_pass_loss(tau);
  const auto stored = [](int tenths) {
    const OddQuintic(&steps)[5] = detail::low_pass_table[tenths - 1];
    return Chain(std::vector<OddQuintic>(steps, steps + 5));
  };
  const int nearest = std::clamp(static_cast<int>(std::lround(10.0 * tau)), 1, 9);
  if (std::fabs(10.0 * tau - nearest) <= 1e-9) return stored(nearest);
  design::Designed best{stored(nearest), HUGE_VAL};
  const int below = std::clamp(static_cast<int>(10.0 * tau), 1, 9),
            above = (std::min)(below + 1, 9);
  for (const int tenths : {below, above}) {
    const double from = tenths / 10.0, way = tau - from;
    const int moves = static_cast<int>(std::ceil(100.0 * std::fabs(way)));
    Chain f = stored(tenths);
    for (int i = 1; i < moves; ++i) {
      f = design::refine(design::low_pass_loss(from + way * i / moves), f, 40).chain;
    }
    const design::Designed end = design::refine(loss, f, 400);
    if (end.loss < best.loss && design::is_low_pass(end.chain, tau)) best = end;
  }
  return best.chain;
}

}  // namespace pion::chains
