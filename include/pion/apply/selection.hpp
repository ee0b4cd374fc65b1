// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::floor, HUGE_VAL
#include <string>

#include <pion/algorithm/subspace_options.hpp>
#include <pion/detail/check.hpp>
#include <pion/detail/finite.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/detail/traits.hpp>
#include <pion/diagnostics/noise.hpp>

/// Which of the leading singular directions of a matrix polar_factor() keeps. A selection is a
/// plain value. What polar_factor() asks of it is said of singular values that are descending and
/// relative to ||x||_F: all that the matrix has, or the first of them that a search has found.
///
///     require_valid(function)           refuses a number that is out of range
///     initial_rank()                    how many directions a search begins with
///     keep(sigma, rows, cols)           how many of these values are kept
///     needs_more_directions(sigma, rows, cols)     whether a value that was not found may be kept
///     limit(sigma, rows, cols, all, rounding)      what a value that was not found may be, for
///         keep() to be right; `all` where the matrix has no others, and values up to `rounding`
///         are rounding's
namespace pion {

/// The `rank` largest: LRMuon's (Fan et al. 2026, Alg. 1).
struct Leading {
  Index rank = 128;  ///< At least 1.

  void require_valid(const char* function) const {
    if (rank >= 1) return;
    detail::refuse_argument(std::string(function) + ": the rank " + std::to_string(rank) +
                            " is not positive");
  }
  Index initial_rank() const { return rank; }
  template <class Values>
  Index keep(const Values& sigma, Index /*rows*/, Index /*cols*/) const {
    return std::min<Index>(rank, sigma.size());
  }
  template <class Values>
  bool needs_more_directions(const Values& sigma, Index /*rows*/, Index /*cols*/) const {
    return sigma.size() < rank;
  }
  /// Of fewer than `rank`, none may be left.
  template <class Values>
  double limit(const Values& sigma, Index /*rows*/, Index /*cols*/, bool all,
               double rounding) const {
    return all || sigma.size() >= rank ? HUGE_VAL : rounding;
  }
};

/// Those with sigma >= tau ||x||_F: at most 1 / tau^2 of them. The computed sigma decides, so for
/// one within rounding of tau ||x||_F either answer is right.
struct AtLeast {
  double tau = 0.1;  ///< In (0, 1].

  void require_valid(const char* function) const {
    if (!detail::is_nan(tau) && tau > 0.0 && tau <= 1.0) return;
    detail::refuse_argument(std::string(function) + ": the threshold " + detail::number_text(tau) +
                            " is not in (0, 1]");
  }
  Index initial_rank() const {
    return static_cast<Index>(
        (std::min)(static_cast<double>(algorithm::usual_rank), std::floor(1.0 / (tau * tau))));
  }
  template <class Values>
  Index keep(const Values& sigma, Index /*rows*/, Index /*cols*/) const {
    return (sigma.array() >= tau).count();
  }
  template <class Values>
  bool needs_more_directions(const Values& sigma, Index rows, Index cols) const {
    return keep(sigma, rows, cols) == sigma.size();
  }
  template <class Values>
  double limit(const Values& /*sigma*/, Index /*rows*/, Index /*cols*/, bool /*all*/,
               double rounding) const {
    return (std::max)(tau, rounding);
  }
};

/// What AboveNoise keeps where no direction stands out.
enum class NothingStandsOut {
  keep_strongest,  ///< U_1 V_1^T: the update never dies.
  keep_all,        ///< U V^T: Muon's direction.
};

/// Those that stand out of the noise (diagnostics/noise.hpp).
///
/// The variance of the noise is estimated from the median singular value where the whole spectrum
/// is known, that is after an SVD. The low-rank method knows the leading values alone, so the
/// variance is estimated from the energy of what they leave; where more than about a fifth of the
/// short side's directions stand out, it may then count none.
struct AboveNoise {
  NothingStandsOut otherwise = NothingStandsOut::keep_strongest;  ///< Where none does.

  void require_valid(const char* /*function*/) const {}
  static Index initial_rank() { return algorithm::usual_rank; }
  template <class Values>
  Index keep(const Values& sigma, Index rows, Index cols) const {
    const bool whole = sigma.size() == (std::min)(rows, cols);
    const Index above = whole ? Index((sigma.array() > noise_threshold(sigma, rows, cols)).count())
                              : count_above_noise(sigma, 1.0, rows, cols);
    if (above > 0) return above;
    return otherwise == NothingStandsOut::keep_all ? sigma.size()
                                                   : std::min<Index>(1, sigma.size());
  }
  template <class Values>
  bool needs_more_directions(const Values& sigma, Index rows, Index cols) const {
    return keep(sigma, rows, cols) == sigma.size();
  }
  template <class Values>
  double limit(const Values& sigma, Index rows, Index cols, bool all, double rounding) const {
    return all || keep(sigma, rows, cols) < sigma.size() ? HUGE_VAL : rounding;
  }
};

}  // namespace pion
