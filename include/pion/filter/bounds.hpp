// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <array>
#include <cmath>    // std::exp2, std::fabs
#include <cstddef>  // std::size_t

#include <pion/detail/finite.hpp>
#include <pion/filter/chain.hpp>

/// Upper bounds of a chain's slope |f'(s)| and ratio |f(s)| / s on a grid of intervals, made in
/// microseconds and without allocation, for the error bounds that every call of the low-rank method
/// gives. Each interval is pushed through the steps by their exact extrema, so a bound holds
/// between the grid's points too; doubles are rounded to nearest, and a relative 1e-12 is added for
/// that. (certify.hpp proves tighter ones, with outward rounding.)
namespace pion {

/// Bounds of |f'(s)| and |f(s)| / s for s up to `top`. Cost: some microseconds; no allocation.
class SlopeBounds {
 public:
  /// The intervals between 2^(-i / 16): 1/16 octave each over twelve octaves, and all below in one.
  explicit SlopeBounds(const Chain& f, double top = 1.0) : top_(top) {
    for (std::size_t i = 0; i < count; ++i) {
      const double hi = top * std::exp2(-static_cast<double>(i) / per_octave);
      const double lo =
          i + 1 < count ? top * std::exp2(-static_cast<double>(i + 1) / per_octave) : 0.0;
      const Bounds b = through(f, lo, hi);
      steepest_ = (std::max)(steepest_, b.slope);
      largest_ = (std::max)(largest_, b.value);
      upper_[i] = hi;
      ratio_[i] = b.ratio;
    }
    for (std::size_t i = count - 1; i-- > 0;) ratio_[i] = (std::max)(ratio_[i], ratio_[i + 1]);
  }

  /// max |f'| on [0, top]: the Lipschitz constant of f there.
  double steepest() const { return steepest_; }
  /// max |f| on [0, top].
  double largest() const { return largest_; }

  /// max |f(s)| / s for 0 < s <= rho; rho beyond top counts as infinite steepness.
  double ratio(double rho) const {
    if (detail::is_nan(rho) || rho > top_) return HUGE_VAL;
    std::size_t i = count - 1;
    while (upper_[i] < rho) --i;
    return ratio_[i];
  }

  /// The extremes of |f|.
  struct Magnitudes {
    /// Of |f|.
    double least, most;
  };

  /// Those of f on [lo, hi], 0 <= lo <= hi, but for the rounding of f itself.
  static Magnitudes magnitudes(const Chain& f, double lo, double hi) {
    const Span y = image(f, Span{lo, hi});
    return {y.least_magnitude(), y.magnitude()};
  }

  /// The largest sigma of the grid up to which |f(s)| / s stays within `most`; 0 if none.
  double sigma_at_ratio(double most) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (ratio_[i] <= most) return upper_[i];
    }
    return 0.0;
  }

 private:
  static constexpr double per_octave = 16.0;
  static constexpr std::size_t count = 12 * 16 + 1;

  struct Bounds {
    double slope = 1.0, ratio = 1.0, value = 0.0;
  };

  /// max |c0 + c1 r + c2 r^2| and the extremes, for r in [lo, hi].
  struct Span {
    double lo, hi;

    double magnitude() const { return (std::max)(std::fabs(lo), std::fabs(hi)); }
    double least_magnitude() const {
      return lo <= 0.0 && hi >= 0.0 ? 0.0 : (std::min)(std::fabs(lo), std::fabs(hi));
    }
    void include(double x) {
      lo = (std::min)(lo, x);
      hi = (std::max)(hi, x);
    }
  };

  static Span quadratic(double c0, double c1, double c2, const Span& r) {
    const auto at = [=](double x) { return c0 + x * (c1 + x * c2); };
    Span span{at(r.lo), at(r.lo)};
    span.include(at(r.hi));
    const double turn = c2 == 0.0 ? r.lo : -0.5 * c1 / c2;
    if (r.lo < turn && turn < r.hi) span.include(at(turn));
    return span;
  }

  /// p([x.lo, x.hi])
  static Span image(const OddQuintic& p, const Span& x) {
    Span y{p(x.lo), p(x.lo)};
    y.include(p(x.hi));
    for (const double r : critical_points(p)) {
      for (const double s : {-r, r}) {
        if (x.lo < s && s < x.hi) y.include(p(s));
      }
    }
    return y;
  }
  static Span image(const Chain& f, Span x) {
    for (const OddQuintic& p : f.steps()) x = image(p, x);
    return x;
  }

  static Bounds through(const Chain& f, double lo, double hi) {
    constexpr double up = 1.0 + 1e-12;
    Bounds b;
    Span x{lo, hi};  // what the steps so far make of [lo, hi]; f is odd, so its sign is free
    for (const OddQuintic& p : f.steps()) {
      const double least = x.least_magnitude(), most = x.magnitude();
      const Span square{least * least, most * most};
      b.slope *= quadratic(p.a, 3.0 * p.b, 5.0 * p.c, square).magnitude() * up;
      b.ratio *= quadratic(p.a, p.b, p.c, square).magnitude() * up;
      x = image(p, x);
    }
    b.value = x.magnitude() * up;
    return b;
  }

  double top_;
  double steepest_ = 0.0;
  double largest_ = 0.0;
  std::array<double, count> upper_{};
  std::array<double, count> ratio_{};
};

}  // namespace pion
