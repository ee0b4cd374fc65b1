// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::exp, std::log, std::log1p, std::pow, std::sqrt
#include <string>

#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>

/// The signal-to-noise ratio of the gradients of supervised fine-tuning and of GRPO, in closed form
/// (Fan et al. 2026, App. C): SNR(g) = ||E g||^2 / E ||g - E g||^2.
///
/// The model: tokens' scores are uncorrelated with variance sigma_s^2; the rewards of a group are
/// independent and 1 with probability p; a response's mean score given its reward R is
/// mu_- + R Delta, and its rest has mean 0 and second moment sigma_s^2 / T.
namespace pion::theory {

/// The setting of a step of supervised fine-tuning.
struct Sft {
  int group = 8;                ///< g examples
  int length = 1;               ///< of T tokens each.
  double mean_square = 1.0;     ///< ||s||^2, the squared norm of a token's expected score.
  double token_variance = 1.0;  ///< sigma_s^2.
};

/// Returns the SNR of supervised fine-tuning, g T ||s||^2 / sigma_s^2 (A12), exact in the model.
inline double sft_snr(const Sft& s) {
  return static_cast<double>(s.group) * static_cast<double>(s.length) * s.mean_square /
         s.token_variance;
}

/// The moments of group-relative advantages, for `group` rewards that are 1 with probability p.
///
/// With K successes, group normalisation gives (1/g) sum_i a_i R_i = c_K = sqrt(K/g (1 - K/g)), the
/// standard deviation of the rewards, 0 where all are equal. (The root is needed for the paper's
/// own limit kappa -> p (1 - p); (A16) loses it in the text version of the paper.)
struct GroupReward {
  double non_degenerate = 0.0;  ///< q = 1 - p^g - (1 - p)^g (A24): some succeed, some fail.
  double signal = 0.0;          ///< E c_K = q rho_g(p) (A17).
  double kappa = 0.0;           ///< q rho_g(p)^2 (A20), at most p (1 - p) (1 - 1/g).
  double variance = 0.0;        ///< Var c_K = p (1 - p) (1 - 1/g) - (E c_K)^2.
};

/// Computes the moments of the advantages of a group. Cost: O(group).
/// \throws std::invalid_argument unless group >= 1 and 0 <= p <= 1.
inline GroupReward group_reward(int group, double success) {
  if (group < 1 || pion::detail::is_nan(success) || !(success >= 0.0 && success <= 1.0)) {
    pion::detail::refuse_argument("group_reward: a group of " + std::to_string(group) +
                                  " with success probability " +
                                  pion::detail::number_text(success));
  }
  GroupReward r;
  if (success == 0.0 || success == 1.0) return r;
  const auto g = static_cast<double>(group);
  r.non_degenerate = 1.0 - std::pow(success, g) - std::pow(1.0 - success, g);
  double log_probability = g * std::log1p(-success);  // of K = 0
  const double log_odds = std::log(success) - std::log1p(-success);
  for (int k = 1; k < group; ++k) {
    log_probability += std::log((g - k + 1.0) / k) + log_odds;
    r.signal += std::exp(log_probability) * std::sqrt(k / g * (1.0 - k / g));
  }
  if (group > 1) r.kappa = r.signal * r.signal / r.non_degenerate;
  r.variance = success * (1.0 - success) * (1.0 - 1.0 / g) - r.signal * r.signal;
  return r;
}

/// The setting of a GRPO step.
struct Grpo {
  int group = 8;                ///< g responses to a prompt,
  int length = 1;               ///< of T tokens each.
  double success = 0.5;         ///< p, of a response.
  double gap_square = 1.0;      ///< ||Delta||^2, between the mean scores of success and failure.
  double token_variance = 1.0;  ///< sigma_s^2.
  double chi_square = 0.0;      ///< E r^2 - 1 of the importance ratios; 0 on-policy.
  double clipped = 0.0;         ///< The share of tokens clipped.
};

/// Computes g T kappa_g(p) ||Delta||^2 / sigma_s^2 (A20), times (1 - clipped) / (1 + chi^2) (A26).
///
/// This is the limit of low SNR, and an upper bound of the on-policy value. The paper treats second
/// moments as variances off-policy (A22, A23), which holds where squared mean scores are far below
/// sigma_s^2. Cost: O(group).
/// \throws std::invalid_argument unless group >= 1 and 0 <= success <= 1.
inline double grpo_snr_limit(const Grpo& s) {
  return static_cast<double>(s.group) * static_cast<double>(s.length) *
         group_reward(s.group, s.success).kappa * s.gap_square / s.token_variance *
         (1.0 - s.clipped) / (1.0 + s.chi_square);
}

/// Computes the on-policy SNR of the model, exactly: the noise is
/// Var(c_K) ||Delta||^2 + q sigma_s^2 / (g T), of which (A19) keeps the second part. It ignores
/// chi_square and clipped. Cost: O(group).
/// \throws std::invalid_argument unless group >= 1 and 0 <= success <= 1.
inline double grpo_snr(const Grpo& s) {
  const GroupReward r = group_reward(s.group, s.success);
  if (r.signal == 0.0) return 0.0;
  const double noise = r.variance * s.gap_square +
                       r.non_degenerate * s.token_variance /
                           (static_cast<double>(s.group) * static_cast<double>(s.length));
  return r.signal * r.signal * s.gap_square / noise;
}

}  // namespace pion::theory
