// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::ptrdiff_t
#include <string>
#include <utility>  // std::move
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/filter/chain.hpp>

/// Published chains that orthogonalise: every direction towards gain 1. How such tables are made
/// is in design/polar_express.hpp.
namespace pion::chains {

/// Returns Polar Express (Amsel, Persson, Musco and Gower 2025): the authors' table, made for
/// [.001, 1] with a cushion of .0240732743. Beyond its eight steps the last one repeats, which is
/// promotion.
///
/// Each step of the table but the eighth is applied to s / safety. On [.001, 1]: five steps reach
/// [.8764, 1.1236] with safety 1 and [.8461, 1.1236] with the authors' 1.01; eight reach 1 to
/// 2e-15 with either.
/// \throws std::invalid_argument if `steps` is negative or `safety` is less than 1 or not finite.
inline Chain polar_express(int steps = 8, double safety = 1.01) {
  if (steps < 0 || !(safety >= 1.0 && detail::is_finite(safety))) {
    detail::refuse_argument("polar_express: steps = " + std::to_string(steps) +
                            ", safety = " + detail::number_text(safety) + " is out of range");
  }
  static constexpr OddQuintic table[8] = {
      {8.28721201814563, -23.595886519098837, 17.300387312530933},
      {4.107059111542203, -2.9478499167379106, 0.5448431082926601},
      {3.9486908534822946, -2.908902115962949, 0.5518191394370137},
      {3.3184196573706015, -2.488488024314874, 0.51004894012372},
      {2.300652019954817, -1.6689039845747493, 0.4188073119525673},
      {1.891301407787398, -1.2679958271945868, 0.37680408948524835},
      {1.8750014808534479, -1.2500016453999487, 0.3750001645474248},
      {1.875, -1.25, 0.375}};
  const double square = safety * safety;
  std::vector<OddQuintic> chain;
  for (int i = 0; i < steps; ++i) {
    if (i >= 7) {
      chain.push_back(table[7]);
      continue;
    }
    const OddQuintic& p = table[i];
    chain.push_back({p.a / safety, p.b / (square * safety), p.c / (square * square * safety)});
  }
  return Chain(std::move(chain));
}

/// Returns Jiacheng You's five steps for Muon (2024). They take [.003, 1] into [.9778, 1.1450] and
/// [.001, 1] into [.4750, 1.1450].
inline Chain you_jiacheng() {
  return {{4.0848, -6.8946, 2.9270},
          {3.9505, -6.3029, 2.6377},
          {3.7418, -5.5913, 2.3037},
          {2.8769, -3.1427, 1.2046},
          {2.8366, -3.0525, 1.2012}};
}

/// Returns CANS (Grishina, Smirnov and Rakhuba 2025): the minimax chain for [.001, 1], five steps
/// to four decimals. It takes [.001, 1] into [.8843, 1.1199]; without rounding, [.8866, 1.1134].
inline Chain cans() {
  return {{8.4703, -25.1081, 18.6293},
          {4.1828, -3.1087, 0.5806},
          {3.9619, -2.9541, 0.5630},
          {3.2866, -2.4647, 0.5074},
          {2.2737, -1.6447, 0.4162}};
}

/// Returns the ten steps of DeepSeek-V4 (2026): Muon's eight times, and two that settle at 1. They
/// take [.001, 1] into [1, 1.0005], but for rounding.
inline Chain deepseek_v4() {
  return repeat({3.4445, -4.7750, 2.0315}, 8).then(repeat({2.0, -1.5, 0.5}, 2));
}

/// Returns five cubic steps (2606.00371; no fifth power, so two products a step in place of three).
/// They take [.01, 1] into [.7741, 1.3000] and [.001, 1] into [.1191, 1.3000].
inline Chain cubic5() {
  return {{3.3656576, -3.3420992, 0.0},
          {2.5744352, -1.4957376, 0.0},
          {2.5368962, -1.4312570, 0.0},
          {2.4418906, -1.2764040, 0.0},
          {2.2230472, -0.9630650, 0.0}};
}

/// Returns the four steps that go with the normaliser AOL (Turbo-Muon 2025, as in NVIDIA's
/// Emerging-Optimizers). The first step changes the sign of what is above .8837: under a normaliser
/// that lets a singular value come there, the strongest directions are turned around. They take
/// [.01, .88] into [.4617, 1.0844], and [.9, 1] into [-1.0797, -.9873].
inline Chain aol() {
  return {{4.0098, -7.0585, 2.4635},
          {3.4585, -5.5479, 2.5959},
          {2.7573, -3.2939, 1.4254},
          {2.7215, -3.0494, 1.3169}};
}

/// Returns the five equal steps that ROOT's code (2025) takes for a matrix of that shape: it has
/// coefficients for four shapes, and Muon's for all others.
inline Chain root(std::ptrdiff_t rows, std::ptrdiff_t cols) {
  struct Shape {
    std::ptrdiff_t least, most;
    OddQuintic step;
  };
  static constexpr Shape table[] = {{2048, 2048, {3.4916, -4.8224, 2.1095}},
                                    {2048, 3072, {3.4509, -4.5790, 1.9325}},
                                    {2048, 8192, {2.9794, -3.6674, 1.6207}},
                                    {2048, 16384, {3.1943, -3.8221, 1.5322}}};
  for (const Shape& s : table) {
    if ((std::min)(rows, cols) == s.least && (std::max)(rows, cols) == s.most) {
      return repeat(s.step, 5);
    }
  }
  return repeat({3.4445, -4.7750, 2.0315}, 5);
}

}  // namespace pion::chains
