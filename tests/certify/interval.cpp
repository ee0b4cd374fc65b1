// SPDX-License-Identifier: Apache-2.0
// Covers its own header and detail/two_product.hpp, and is built a second time with
// PION_SPLIT_PRODUCT, as where the hardware has no fused product.
// Intervals: every operation against exact integer arithmetic, at one point and on whole intervals.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <pion/certify/interval.hpp>
#include <pion/filter/chains.hpp>

#include "support/catch.hpp"

using namespace pion;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double most = std::numeric_limits<double>::max();
constexpr double least = std::numeric_limits<double>::denorm_min();

/// The number m 2^e, exactly; m has at most 110 bits. Where integers end at 64 bits, a binary128
/// holds it: it has 113, and neither a product nor a sum here needs more.
struct Dyadic {
#ifdef __SIZEOF_INT128__
  __extension__ typedef __int128 Wide;
#else
  __extension__ typedef __float128 Wide;
#endif
  static Wide power_of_two(int k) { return static_cast<Wide>(std::ldexp(1.0, k)); }

  Wide m = 0;
  int e = 0;

  Dyadic() = default;
  Dyadic(double x) {  // NOLINT(google-explicit-constructor)
    m = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &e), 53));
    e -= 53;
  }
  static Dyadic product(double x, double y) {
    const Dyadic a(x), b(y);
    Dyadic p;
    p.m = a.m * b.m;
    p.e = a.e + b.e;
    return p;
  }
  /// Where the terms are too far apart for the integer, the small one counts as its sign: that is
  /// all that a comparison with a double can see.
  static Dyadic sum(double x, double y) {
    Dyadic a(x), b(y);
    if (a.m == 0) return b;
    if (b.m == 0) return a;
    if (a.e < b.e) std::swap(a, b);
    const int shift = a.e - b.e;
    if (shift > 56) {
      a.m = a.m * power_of_two(56) + (b.m > 0 ? 1 : -1);
      a.e -= 56;
      return a;
    }
    a.m = a.m * power_of_two(shift) + b.m;
    a.e = b.e;
    return a;
  }
  /// The sign of a - b.
  static int compare(Dyadic a, Dyadic b) {
    const auto sign = [](Wide n) { return n > 0 ? 1 : n < 0 ? -1 : 0; };
    if (sign(a.m) != sign(b.m) || a.m == 0) return sign(a.m) - sign(b.m);
    if (a.e < b.e) return -compare(b, a);
    const int negative = sign(a.m);
    for (; a.e > b.e; --a.e) {
      a.m *= 2;
      if ((a.m < 0 ? -a.m : a.m) > power_of_two(120)) return negative;  // larger than any m of b
    }
    return sign(a.m - b.m);
  }
};

/// The enclosure of one exact number: `side(b)` is the sign of that number minus b.
template <class Side>
void encloses(const Interval& r, const Side& side, bool far_from_underflow) {
  INFO("[" << r.lo() << ", " << r.hi() << "]");
  CHECK((r.lo() == -inf || side(r.lo()) >= 0));
  CHECK((r.hi() == inf || side(r.hi()) <= 0));
  if (!far_from_underflow) return;
  CHECK(std::nextafter(r.lo(), inf) >= r.hi());  // one unit of the last place at most
  if (r.lo() != -inf && side(r.lo()) == 0) CHECK(r.hi() == r.lo());  // exact stays exact
  if (r.hi() != inf && side(r.hi()) == 0) CHECK(r.hi() == r.lo());
}

/// Doubles of all kinds: small integers, neighbours of powers of two, any bits, the extremes.
class Doubles {
 public:
  explicit Doubles(std::uint64_t seed) : random_(seed) {}

  double operator()() {
    switch (random_() % 8) {
      case 0: return static_cast<double>(static_cast<int>(random_() % 65)) - 32.0;
      case 1: return std::ldexp(sign(), static_cast<int>(random_() % 60) - 30);
      case 2: return std::nextafter(std::ldexp(sign(), static_cast<int>(random_() % 60) - 30), inf);
      case 3: return std::uniform_real_distribution<double>(-2.0, 2.0)(random_);
      case 4: {
        const std::array<double, 9> special = {
            0.0, -0.0, least, -least, most, -most, std::numeric_limits<double>::min(), 1.0, -1.0};
        return special[random_() % special.size()];
      }
      case 5: return sign() * least * static_cast<double>(random_() % 4096);
      case 6:
        return std::ldexp(1.0 + std::uniform_real_distribution<double>()(random_),
                          static_cast<int>(random_() % 200) - 100);
      default: break;
    }
    for (;;) {
      const std::uint64_t bits = random_();
      double x = 0.0;
      std::memcpy(&x, &bits, sizeof x);
      if (std::isfinite(x)) return x;
    }
  }
  double between(const Interval& x) {
    const double t = std::uniform_real_distribution<double>()(random_);
    const double lo = std::max(x.lo(), -most), hi = std::min(x.hi(), most);
    switch (random_() % 4) {
      case 0: return lo;
      case 1: return hi;
      default: return std::min(std::max(lo * (1.0 - t) + hi * t, lo), hi);
    }
  }

 private:
  double sign() { return random_() % 2 == 0 ? 1.0 : -1.0; }
  std::mt19937_64 random_;
};

/// p - x y, exactly: x y lies so near to p that the integers of both fit in 110 bits.
double exact_residual(double p, double x, double y) {
  const Dyadic a(p), b = Dyadic::product(x, y);
  const int shift = a.e - b.e;
  const Dyadic::Wide m = shift >= 0 ? a.m * Dyadic::power_of_two(shift) - b.m
                                    : a.m - b.m * Dyadic::power_of_two(-shift);
  return std::ldexp(static_cast<double>(m), std::min(a.e, b.e));
}

bool wellformed(const Interval& x) { return x.lo() <= x.hi() && x.lo() < inf && x.hi() > -inf; }

}  // namespace

TEST_CASE("an operation on two doubles encloses the exact result, to the neighbouring double") {
  Doubles next(1);
  for (int trial = 0; trial < 40000; ++trial) {
    const double x = next(), y = next();
    CAPTURE(trial, x, y);
    const Dyadic sum = Dyadic::sum(x, y), product = Dyadic::product(x, y);
    encloses(
        Interval(x) + y, [&](double b) { return Dyadic::compare(sum, b); }, true);
    const Dyadic difference = Dyadic::sum(x, -y);
    encloses(
        x - Interval(y), [&](double b) { return Dyadic::compare(difference, b); }, true);
    const bool plain = std::fabs(x * y) > 1e-270 || x * y == 0.0;
    const bool zero = x == 0.0 || y == 0.0;
    encloses(
        Interval(x) * y, [&](double b) { return Dyadic::compare(product, b); },
        zero || (plain && x * y != 0.0));
    const Dyadic squared = Dyadic::product(x, x);
    encloses(
        square(x), [&](double b) { return Dyadic::compare(squared, b); },
        x == 0.0 || std::fabs(x) > 1e-130);
    if (y != 0.0) {  // the sign of x / y - b is that of (x - b y) / y
      encloses(
          Interval(x) / y,
          [&](double b) { return Dyadic::compare(x, Dyadic::product(b, y)) * (y > 0.0 ? 1 : -1); },
          x == 0.0 || (std::fabs(x) > 1e-250 && std::fabs(x / y) > 1e-250));
    }
    const double a = std::fabs(x);
    encloses(
        sqrt(Interval(a)), [&](double b) { return Dyadic::compare(a, Dyadic::product(b, b)); },
        a == 0.0 || a > 1e-250);
  }
}

TEST_CASE("the residual of a product, a quotient and a root is exact, by either way") {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> fraction(0.5, 1.0);
  std::uniform_int_distribution<int> bits(1, 53), any(-1074, 1024);
  const auto number = [&](int exponent) {  // of few significant bits or of many
    const int kept = random() % 2 == 0 ? 53 : bits(random);
    const double m = std::nearbyint(std::ldexp(fraction(random), kept));
    return std::ldexp(random() % 2 == 0 ? m : -m, exponent - kept);
  };
  const auto check = [](double p, double x, double y) {
    if (!std::isfinite(p) || !std::isfinite(x) || std::fabs(p) < 0x1p-900) return 0;
    CAPTURE(p, x, y);
    const double exact = exact_residual(p, x, y);
    CHECK(detail::residual_by_split(p, x, y) == exact);
    CHECK(detail::residual(p, x, y) == exact);
    return 1;
  };
  int looked_at = 0;
  for (int trial = 0; trial < 60000; ++trial) {
    const double x = number(any(random));
    if (!std::isfinite(x) || x == 0.0) continue;
    // The products lie anywhere, close to overflow, or close to what is refused as too small.
    const int total = trial % 3 == 0 ? any(random) : trial % 3 == 1 ? 1024 : -898;
    const double y = number(std::clamp(total - std::ilogb(x), -1074, 1024));
    if (!std::isfinite(y) || y == 0.0) continue;
    looked_at += check(x * y, x, y);
    if (std::fabs(x / y) >= 0x1p-900) looked_at += check(x, x / y, y);
    const double root = std::sqrt(std::fabs(x));
    looked_at += check(std::fabs(x), root, root);
  }
  CHECK(looked_at > 60000);
}

TEST_CASE("a product that is a hair below a double is no point") {
  const double x = 0x1p7 - 0x1p-46;  // x^2 = 2^14 - 2^-38 + 2^-92: the last term is lost
  for (const double scale : {1.0, 0x1p505, 0x1p-456}) {
    CAPTURE(scale);
    const double y = scale * x, below = y * y;
    for (const Interval& r : {square(y), Interval(y) * y, Interval(y) * Interval(-y)}) {
      CHECK(r.mignitude() == below);
      CHECK(r.magnitude() == std::nextafter(below, inf));
    }
    CHECK((Interval(below) / y).hi() == y);
    CHECK((Interval(below) / y).lo() == std::nextafter(y, 0.0));
    CHECK(sqrt(Interval(below)).hi() == y);
    CHECK(sqrt(Interval(below)).lo() == std::nextafter(y, 0.0));
  }
}

TEST_CASE("an operation on intervals contains it on the points inside") {
  Doubles next(2);
  for (int trial = 0; trial < 40000; ++trial) {
    const Interval x = hull(next(), next()), y = hull(next(), next());
    const double a = next.between(x), b = next.between(y);
    CAPTURE(trial, x.lo(), x.hi(), y.lo(), y.hi(), a, b);
    CHECK((x + y).contains(Interval(a) + b));
    CHECK((x - y).contains(Interval(a) - b));
    CHECK((x * y).contains(Interval(a) * b));
    CHECK((x / y).contains(Interval(a) / (b == 0.0 ? y : Interval(b))));
    CHECK(square(x).contains(square(a)));
    CHECK((x * x).contains(square(x)));
    CHECK(square(x).lo() >= 0.0);
    if (a >= 0.0) CHECK(sqrt(x).contains(sqrt(Interval(a))));
    CHECK((-x).contains(-a));
    CHECK(min(x, y).contains(std::min(a, b)));
    CHECK(max(x, y).contains(std::max(a, b)));
    CHECK((hull(x, y).contains(x) && hull(x, y).contains(y)));
    CHECK((x.mignitude() <= std::fabs(a) && std::fabs(a) <= x.magnitude()));
    CHECK(x.contains(x.midpoint()));
    CHECK(x.width() >= std::fabs(a - x.lo()) * (1 - 1e-15));
    CHECK(intersection(x, y).has_value() == x.overlaps(y));
    if (intersection(x, y))
      CHECK((x.contains(*intersection(x, y)) && y.contains(*intersection(x, y))));
    if (x.contains_in_interior(y)) CHECK((x.contains(y) && !y.contains(x)));
  }
}

TEST_CASE("infinite ends stand for overflow, and no NaN comes of them") {
  const std::vector<double> ends = {-inf, -most, -1.0, -least, -0.0, 0.0, least, 1.0, most, inf};
  std::vector<Interval> all;
  for (const double lo : ends) {
    for (const double hi : ends) {
      if (lo <= hi) all.emplace_back(lo, hi);
    }
  }
  for (const Interval& x : all) {
    CHECK(wellformed(x));
    CHECK(wellformed(-x));
    CHECK(wellformed(square(x)));
    CHECK(std::isfinite(x.midpoint()));
    CHECK(x.contains(x.midpoint()));
    CHECK(x.width() >= 0.0);
    if (x.hi() >= 0.0) CHECK(wellformed(sqrt(x)));
    for (const Interval& y : all) {
      CAPTURE(x.lo(), x.hi(), y.lo(), y.hi());
      for (const Interval& r : {x + y, x - y, x * y, x / y, hull(x, y), min(x, y), max(x, y)}) {
        CHECK(wellformed(r));
      }
      for (const double a : ends) {
        for (const double b : ends) {
          if (!std::isfinite(a) || !std::isfinite(b) || !x.contains(a) || !y.contains(b)) continue;
          CHECK((x + y).contains(Interval(a) + b));
          CHECK((x - y).contains(Interval(a) - b));
          CHECK((x * y).contains(Interval(a) * b));
          if (b != 0.0) CHECK((x / y).contains(Interval(a) / b));
        }
      }
    }
  }
  CHECK((Interval(most) + most).lo() == most);
  CHECK((Interval(most) + most).hi() == inf);
  CHECK((Interval(-most) * most).lo() == -inf);
  CHECK((Interval(-most) * most).hi() == -most);
  CHECK(Interval(inf).lo() == most);
  CHECK(Interval(0.0) * Interval(-inf, inf) == Interval(0.0));
  CHECK(Interval(1.0) / Interval(-1.0, 1.0) == Interval(-inf, inf));
  CHECK(Interval(1.0) / 0.0 == Interval(-inf, inf));
}

TEST_CASE("a zero is +0, and what is exact stays a point") {
  for (const Interval& x : {Interval(-0.0), Interval(0.0, -0.0), -Interval(0.0),
                            Interval(0.0) * -1.0, square(-0.0), Interval(1.0) - 1.0}) {
    CHECK(!std::signbit(x.lo()));
    CHECK(!std::signbit(x.hi()));
    CHECK(x == Interval(0.0));
  }
  CHECK(chains::promotion(Interval(1.0)) == Interval(1.0));
  CHECK(chains::promotion.derivative(Interval(1.0)) == Interval(0.0));
  CHECK(sqrt(Interval(2.25)) == Interval(1.5));
  CHECK(Interval(1.0) / 3.0 != Interval(1.0 / 3.0));
  CHECK((Interval(1.0) / 3.0 * 3.0).contains(1.0));
}

TEST_CASE("a chain is a function of intervals, by its own arithmetic") {
  Doubles next(3);
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> unit(-1.2, 1.2);
  for (const Chain& f : {chains::muon(), chains::high_pass(2), Chain{{1e200, 1.0, -1e200}}}) {
    for (int trial = 0; trial < 2000; ++trial) {
      const Interval s = hull(unit(random), unit(random));
      const Interval y = f(s);
      CHECK(y.contains(f(Interval(next.between(s)))));
      CHECK(f.derivative(s).contains(f.derivative(Interval(s.midpoint()))));
    }
  }
}

TEST_CASE("what is not an interval is refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(Interval(nan), std::invalid_argument);
  CHECK_THROWS_AS(Interval(0.0, nan), std::invalid_argument);
  CHECK_THROWS_AS(Interval(nan, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(Interval(1.0, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(Interval(inf, -inf), std::invalid_argument);
  CHECK_THROWS_AS(sqrt(Interval(-2.0, -1.0)), std::invalid_argument);
  CHECK(sqrt(Interval(-1.0, 4.0)) == Interval(0.0, 2.0));
}
