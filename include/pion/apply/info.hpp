// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <pion/apply/method.hpp>
#include <pion/detail/traits.hpp>

namespace pion {

/// What a call of apply() did.
struct ApplyInfo {
  Method method = Method::dense;  ///< The one used, never automatic.
  /// Directions that the method worked on: min(m, n), those of y for low_rank, or the numerical
  /// rank of x for the SVD.
  Index rank = 0;
  /// Directions whose gain exceeds survivor_gain, where the method knows them (SVD, low_rank).
  std::optional<Index> survivors;
  double multiply_adds = 0.0;  ///< As planned; for low_rank, those it took.
  double output_norm = 0.0;    ///< ||y||_F before y is rounded to its storage type.
  /// A bound of ||y - f(x)||_F where the method has one: low_rank's, of which
  /// Tolerance::failure_probability is the chance that it is wrong. What rounding y to its storage
  /// type changes is in it, so that of a 16-bit y it may exceed the tolerance.
  std::optional<double> bound;
  /// An estimate of the largest error that rounding makes in y = f(x), relative to the largest
  /// gain: the scalar's epsilon times algorithm::rounding_growth() of the chain. A chain whose
  /// steps are many or steep magnifies rounding, most where singular values are near 0. Where the
  /// estimate comes near 1, y may be nothing but rounding in such directions: this scalar cannot
  /// compute this chain. Of dense and Gram; nothing for low_rank, whose bound has it, and for the
  /// SVD, which evaluates the chain in double.
  std::optional<double> rounding;
  /// The filter has killed the update: x is not zero, but no direction of y is above the rounding
  /// level, ||y||_F <= eps sqrt(min(m, n)) with the eps of the scalar computed in (times the
  /// largest |entry| of x, if below 1, under Normalizer::none, which lets the size of x through).
  bool dead = false;
};

}  // namespace pion
