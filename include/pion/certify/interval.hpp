// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::min, std::max, std::clamp
#include <cfloat>     // FLT_EVAL_METHOD
#include <cmath>      // std::fabs, std::nextafter, std::sqrt
#include <limits>
#include <optional>
#include <string>

#include <pion/detail/check.hpp>
#include <pion/detail/number_text.hpp>
#include <pion/detail/two_product.hpp>

// clang names -ffast-math and -ffinite-math-only alone; g++ names each of their parts.
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || \
    defined(__NO_SIGNED_ZEROS__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "pion/certify/interval.hpp proves bounds: it needs IEEE arithmetic, without -ffast-math"
#endif

namespace pion {

static_assert(std::numeric_limits<double>::is_iec559 && FLT_EVAL_METHOD == 0,
              "pion/certify/interval.hpp needs IEEE double arithmetic without excess precision");

namespace detail {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double largest_double = (std::numeric_limits<double>::max)();

/// Below this an error term may underflow, and an operation counts as inexact.
inline constexpr double tiny = 0x1p-900;

/// Returns the next double below x, but +0 for +0, which underflow makes of a positive number.
inline double below(double x) {
  return x == 0.0 && !std::signbit(x) ? 0.0 : std::nextafter(x, -infinity);
}

// Each returns the greatest double that is not above the exact result, or the one before it.
// Bounds from above are these, negated. An infinite end is a bound and not a value, so 0 times it
// is 0. A result that overflows counts as inexact, and below(infinity) is finite.

/// x + y; its error is that of Knuth's two-sum.
inline double add_down(double x, double y) {
  const double s = x + y;
  const double z = s - x;
  const double error = (x - (s - z)) + (y - z);
  return error >= 0.0 ? s : below(s);
}

inline double multiply_down(double x, double y) {
  if (x == 0.0 || y == 0.0) return 0.0;
  const double p = x * y;
  const bool exact_rest = std::fabs(p) >= tiny && std::isfinite(p);
  return exact_rest && residual(p, x, y) <= 0.0 ? p : below(p);
}

inline double divide_down(double x, double y) {
  if (x == 0.0 || std::isinf(y)) return 0.0;
  const double q = x / y;
  const bool exact_rest =
      std::fabs(q) >= tiny && std::isfinite(q) && std::fabs(x) >= tiny && std::isfinite(x);
  if (!exact_rest) return below(q);
  const double rest = residual(x, q, y);  // x / y - q has the sign of rest / y
  return (y > 0.0 ? rest >= 0.0 : rest <= 0.0) ? q : below(q);
}

}  // namespace detail

/// A closed interval that contains a real number known only to lie in it.
///
/// Every operation returns an interval that contains every result for operands in the intervals
/// given. Ends are rounded outward to the neighbouring double, and only where the operation is
/// inexact: the error of +, -, *, / and sqrt is itself a double (two-sum, and residual();
/// Muller et al., Handbook of Floating-Point Arithmetic, ch. 4), and its sign tells. So equality
/// survives, 1.875 - 1.25 + 0.375 is [1, 1], and no rounding mode is set. Contraction of products
/// and sums by the compiler cannot reach through the choice of an end. Rounding to nearest with
/// gradual underflow, C++'s default, is assumed.
///
/// lo() <= hi(), never NaN, and a zero is +0. Infinite ends stand for overflow: lo() is never
/// +infinity and hi() never -infinity.
class Interval {
 public:
  /// The double x itself; implicit, so that coefficients mix with intervals.
  /// \throws std::invalid_argument if x is NaN.
  Interval(double x = 0.0) : Interval(x, x) {}  // NOLINT(google-explicit-constructor)

  /// \throws std::invalid_argument if lo > hi, or one is NaN.
  Interval(double lo, double hi)
      : lo_((std::min)(lo, detail::largest_double) + 0.0),
        hi_((std::max)(hi, -detail::largest_double) + 0.0) {
    if (!(lo <= hi)) {
      detail::refuse_argument("Interval: [" + detail::number_text(lo) + ", " +
                              detail::number_text(hi) + "] is not an interval");
    }
  }

  double lo() const { return lo_; }
  double hi() const { return hi_; }

  bool contains(double x) const { return lo_ <= x && x <= hi_; }
  bool contains(const Interval& x) const { return lo_ <= x.lo_ && x.hi_ <= hi_; }
  /// Tells whether x lies in the interior.
  bool contains_in_interior(const Interval& x) const { return lo_ < x.lo_ && x.hi_ < hi_; }
  bool overlaps(const Interval& x) const { return lo_ <= x.hi_ && x.lo_ <= hi_; }

  /// A bound from above on hi - lo.
  double width() const { return -detail::add_down(lo_, -hi_); }
  /// A finite double inside, near the middle.
  double midpoint() const {
    const double a = (std::max)(lo_, -detail::largest_double),
                 b = (std::min)(hi_, detail::largest_double);
    // Asked of a and b, not of b - a: from a difference that overflows, g++ 14 concludes that an
    // end is infinite, and then that [-max, max] does not contain 0.
    const bool overflows = -a >= 0x1p1023 || b >= 0x1p1023;
    return std::clamp(overflows ? 0.5 * a + 0.5 * b : a + 0.5 * (b - a), a, b);
  }
  /// The greatest and the least |x| inside.
  double magnitude() const { return (std::max)(-lo_, hi_); }
  double mignitude() const { return (std::max)({lo_, -hi_, 0.0}); }

  friend bool operator==(const Interval& x, const Interval& y) {
    return x.lo_ == y.lo_ && x.hi_ == y.hi_;
  }
  friend bool operator!=(const Interval& x, const Interval& y) { return !(x == y); }

  /// The operations on reals, enclosed.
  friend Interval operator-(const Interval& x) { return {-x.hi_, -x.lo_}; }
  /// The sum, enclosed.
  friend Interval operator+(const Interval& x, const Interval& y) {
    return {detail::add_down(x.lo_, y.lo_), -detail::add_down(-x.hi_, -y.hi_)};
  }
  /// The difference, enclosed.
  friend Interval operator-(const Interval& x, const Interval& y) { return x + -y; }
  /// The product, enclosed.
  friend Interval operator*(const Interval& x, const Interval& y) {
    return of_ends(detail::multiply_down, x, y);
  }
  /// The whole line if y contains 0.
  friend Interval operator/(const Interval& x, const Interval& y) {
    if (y.contains(0.0)) return {-detail::infinity, detail::infinity};
    return of_ends(detail::divide_down, x, y);
  }

  /// Encloses the square roots of the numbers in x that are not negative.
  /// \throws std::invalid_argument if all of x is negative. (A friend alone, so that sqrt(double)
  /// within pion stays the standard one, whichever header comes first.)
  friend Interval sqrt(const Interval& x) {
    if (x.hi_ < 0.0) detail::refuse_argument("sqrt: the interval is negative");
    const double a = (std::max)(x.lo_, 0.0), b = (std::max)(x.hi_, 0.0);
    const double lo = std::sqrt(a), hi = std::sqrt(b);
    const bool lo_is_below = a == 0.0 || (a >= detail::tiny && detail::residual(a, lo, lo) >= 0.0);
    const bool hi_is_above = b == 0.0 || (b >= detail::tiny && detail::residual(b, hi, hi) <= 0.0);
    return {lo_is_below ? lo : detail::below(lo),
            hi_is_above ? hi : std::nextafter(hi, detail::infinity)};
  }

 private:
  /// Encloses an operation that is monotone in each operand by its results at the ends.
  template <class Down>
  static Interval of_ends(const Down& down, const Interval& x, const Interval& y) {
    double lo = down(x.lo_, y.lo_);
    double hi = -down(-x.lo_, y.lo_);
    const auto take = [&down, &lo, &hi](double a, double b) {
      lo = (std::min)(lo, down(a, b));
      hi = (std::max)(hi, -down(-a, b));
    };
    if (x.lo_ != x.hi_) take(x.hi_, y.lo_);
    if (y.lo_ != y.hi_) {
      take(x.lo_, y.hi_);
      if (x.lo_ != x.hi_) take(x.hi_, y.hi_);
    }
    return {lo, hi};
  }

  double lo_;
  double hi_;
};

/// Encloses x^2. It is tighter than x * x where x contains 0, for there both operands are one
/// number.
inline Interval square(const Interval& x) {
  const double least = x.mignitude(), most = x.magnitude();
  return {detail::multiply_down(least, least), -detail::multiply_down(-most, most)};
}

/// Encloses the lesser, and the greater, of two numbers.
inline Interval(min)(const Interval& x, const Interval& y) {
  return {(std::min)(x.lo(), y.lo()), (std::min)(x.hi(), y.hi())};
}
inline Interval(max)(const Interval& x, const Interval& y) {
  return {(std::max)(x.lo(), y.lo()), (std::max)(x.hi(), y.hi())};
}

/// Returns the least interval that contains both.
inline Interval hull(const Interval& x, const Interval& y) {
  return {(std::min)(x.lo(), y.lo()), (std::max)(x.hi(), y.hi())};
}

/// Returns the numbers that are in both; nothing if there are none.
inline std::optional<Interval> intersection(const Interval& x, const Interval& y) {
  if (!x.overlaps(y)) return std::nullopt;
  return Interval{(std::max)(x.lo(), y.lo()), (std::min)(x.hi(), y.hi())};
}

}  // namespace pion
