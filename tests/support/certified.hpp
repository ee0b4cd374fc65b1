// SPDX-License-Identifier: Apache-2.0
// What the tests of certify/ share: chains to look at, and how far long double may be off.
#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <pion/certify/interval.hpp>
#include <pion/filter/chains.hpp>

#include "support/catch.hpp"

namespace pion {

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// The enclosure holds a number that prints as x to so many digits, and is no wider than `width`.
inline void encloses(const Interval& x, double value, int digits, double width = 1e-11) {
  INFO("[" << x.lo() << ", " << x.hi() << "] against " << value << " to " << digits << " digits");
  const double half = 0.5 * std::pow(10.0, -digits) * (1 + 1e-9);
  CHECK(x.lo() <= value + half);
  CHECK(x.hi() >= value - half);
  CHECK(x.width() <= width);
}

inline const Chain aol = chains::aol();

inline std::vector<Chain> catalogue() {
  std::vector<Chain> all = {chains::muon(), chains::muon(1), aol, Chain{}, Chain{{0, 0, 0}}};
  for (int kp = 0; kp <= 5; ++kp) all.push_back(chains::high_pass(kp));
  return all;
}

inline Chain random_chain(std::mt19937_64& random, int steps) {
  std::uniform_real_distribution<double> coefficient(-3.0, 3.0);
  std::vector<OddQuintic> list;
  for (int i = 0; i < steps; ++i) {
    const double a = coefficient(random), b = coefficient(random);
    list.push_back({a, b, 1.0 - a - b});
  }
  return Chain(list);
}

inline std::vector<Chain> many_chains() {
  std::vector<Chain> all = catalogue();
  std::mt19937_64 random(11);
  for (int i = 0; i < 60; ++i) all.push_back(random_chain(random, 1 + i % 4));
  return all;
}

/// f(s) with ten bits more than a double; how far it may be off, by the largest slope there is.
inline long double value(const Chain& f, long double s) { return f(s); }
inline long double slack(const Interval& lipschitz, const Interval& range) {
  return 256 * std::numeric_limits<long double>::epsilon() *
         (1 + static_cast<long double>(lipschitz.hi()) + range.magnitude());
}

}  // namespace pion
