// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // std::fabs, std::isfinite
#include <optional>

#include <pion/certify/interval.hpp>
#include <pion/detail/two_product.hpp>

namespace pion::detail {

/// A real number enclosed to twice the digits of a double: a double, `head`, and an interval,
/// `tail`, that holds what is missing. It decides signs that an Interval leaves open, such as that
/// of a slope close to a point where the slope is 0.
///
/// The head of a sum or product is the rounded one; what rounding takes from it is a double
/// (two-sum and residual()) and goes into the tail, whose own rounding is 2^-53 of an already small
/// number. Exact results stay exact. Where the head overflows the tail is the whole line.
class Precise {
 public:
  Precise(double x = 0.0) : head_(x) {}  // NOLINT(google-explicit-constructor)
  /// Every number of head + tail.
  Precise(double head, const Interval& tail) : head_(head), tail_(tail) {}

  Interval enclosure() const { return head_ + tail_; }

  /// -1, 0 or 1, or nothing where the enclosure holds numbers of several signs.
  std::optional<int> sign() const {
    const Interval all = enclosure();
    if (all.lo() > 0.0) return 1;
    if (all.hi() < 0.0) return -1;
    if (all == 0.0) return 0;
    return std::nullopt;
  }

  friend Precise operator+(const Precise& x, const Precise& y) {
    const double s = as_rounded(x.head_ + y.head_), z = s - x.head_;
    const double lost = (x.head_ - (s - z)) + (y.head_ - z);  // Knuth's two-sum
    if (!std::isfinite(lost)) return unknown();
    return {s, lost + (x.tail_ + y.tail_)};
  }
  friend Precise operator-(const Precise& x) { return {-x.head_, -x.tail_}; }
  friend Precise operator-(const Precise& x, const Precise& y) { return x + -y; }
  friend Precise operator*(const Precise& x, const Precise& y) {
    const double p = as_rounded(x.head_ * y.head_);
    if (!std::isfinite(p)) return unknown();
    const Interval lost = std::fabs(p) >= tiny ? Interval(-residual(p, x.head_, y.head_))
                                               : Interval(x.head_) * y.head_ - p;
    return {p, lost + (x.head_ * y.tail_ + (y.head_ * x.tail_ + x.tail_ * y.tail_))};
  }

 private:
  static Precise unknown() { return {0.0, {-infinity, infinity}}; }

  double head_;
  Interval tail_;
};

}  // namespace pion::detail
