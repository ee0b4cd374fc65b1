// SPDX-License-Identifier: Apache-2.0
// Power laws of spectra: the definition in long double, known laws, order, scaling, little data.

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <pion/diagnostics/power_law.hpp>

#include "support/catch.hpp"

using namespace pion;

namespace {

/// The eigenvalues' roots, descending, as a spectrum of a square matrix.
Spectrum spectrum_of_eigenvalues(std::vector<double> lambda) {
  std::sort(lambda.rbegin(), lambda.rend());
  Eigen::VectorXd sigma(static_cast<Index>(lambda.size()));
  for (Index i = 0; i < sigma.size(); ++i) sigma(i) = std::sqrt(lambda[static_cast<size_t>(i)]);
  return {sigma, sigma.size(), sigma.size()};
}

struct Reference {
  long double alpha = 0.0L, distance = 2.0L;
  size_t begin = 0;
};

/// The definition, over ascending eigenvalues: the law's share below each, against the sample's.
Reference by_definition(const Spectrum& s) {
  std::vector<long double> x;
  for (const double sigma : s.values()) x.push_back(static_cast<long double>(sigma) * sigma);
  std::sort(x.begin(), x.end());
  Reference best;
  for (size_t begin = 0; begin + 1 < x.size(); ++begin) {
    const auto n = static_cast<long double>(x.size() - begin);
    long double sum = 0.0L;
    for (size_t i = begin; i < x.size(); ++i) sum += std::log(x[i] / x[begin]);
    if (!(sum > 0.0L)) continue;
    const long double alpha = 1.0L + n / sum;
    long double distance = 0.0L;
    for (size_t i = begin; i < x.size(); ++i) {
      const long double below = 1.0L - std::pow(x[i] / x[begin], 1.0L - alpha);
      distance = std::max(distance, std::fabs(below - static_cast<long double>(i - begin) / n));
    }
    if (distance < best.distance) best = {alpha, distance, begin};
  }
  return best;
}

/// The logarithm of the tail's largest ratio, and 1.
double spread_of_tail(const Spectrum& s, const PowerLaw& found) {
  return std::log(s.largest() / s.values()(found.count - 1)) + 1.0;
}

/// What rounding may add to alpha: a logarithm l of a ratio is off by 4 eps at most; so is the mean
/// of such, and alpha - 1 = 1 / mean by (alpha - 1)^2 of that. exp(-(alpha - 1) l) is off by no
/// more than its exponent; l is at most the logarithm of the largest ratio.
double rounding_of_alpha(const Spectrum& s, const PowerLaw& found, double alpha) {
  return 8.0 * static_cast<double>(found.count + 4) * 2.3e-16 * spread_of_tail(s, found) * alpha *
         alpha;
}

}  // namespace

TEST_CASE("a power law is that of the definition") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform;
  for (int trial = 0; trial < 40; ++trial) {
    std::vector<double> lambda(static_cast<size_t>(2 + trial * 5));
    for (double& x : lambda) {
      x = trial % 2 == 0 ? std::pow(1.0 - uniform(random), -1.0 / (1.0 + 0.1 * trial))
                         : 1e-3 + uniform(random);
    }
    const Spectrum s = spectrum_of_eigenvalues(lambda);
    const PowerLaw found = fit_power_law(s);
    const Reference wanted = by_definition(s);
    INFO("trial " << trial);
    CHECK(found.count == static_cast<Index>(lambda.size() - wanted.begin));
    const auto alpha = static_cast<double>(wanted.alpha);
    const double ratio = spread_of_tail(s, found);
    const double error = rounding_of_alpha(s, found, alpha);
    CHECK(std::fabs(found.alpha - alpha) <= error);
    CHECK(std::fabs(found.distance - static_cast<double>(wanted.distance)) <= error * ratio);
  }
}

TEST_CASE("a power law is found where there is one") {
  for (const double alpha : {1.5, 2.5, 4.0, 7.0}) {
    // At the quantiles (i + 1/2) / n of the law, the sample's share is off by 1/2n everywhere.
    constexpr int n = 400;
    std::vector<double> lambda;
    for (int i = 0; i < n; ++i) {
      lambda.push_back(std::pow(1.0 - (i + 0.5) / n, -1.0 / (alpha - 1.0)));
    }
    const PowerLaw whole = fit_power_law(spectrum_of_eigenvalues(lambda));
    INFO(alpha << ": " << whole.alpha << ", " << whole.count);
    CHECK(whole.distance <= 1.0 / n);
    // Of n values the likeliest alpha has the standard deviation (alpha - 1) / sqrt(n).
    CHECK(std::fabs(whole.alpha - alpha) <= (alpha - 1.0) / std::sqrt(double(whole.count)));
    // As many below it that are no part of it: evenly spread.
    for (int i = 0; i < n; ++i) lambda.push_back(0.5 + 0.5 * i / n);
    const PowerLaw tail = fit_power_law(spectrum_of_eigenvalues(lambda));
    CHECK(tail.count <= n + n / 10);
    CHECK(std::fabs(tail.alpha - alpha) <= (alpha - 1.0) / std::sqrt(double(tail.count)));
  }
}

TEST_CASE("a power law is that of WeightWatcher 0.7.7, from twenty values on") {
  struct Row {
    int count;
    double (*lambda)(double);
    double alpha, distance, smallest;
    Index tail;
  };
  const Row rows[] = {{50, [](double i) { return std::exp(3.0 * std::sin(i)) + 1e-2 * i; },
                       1.454330191583, 0.121809299511, 0.011067976663, 47},
                      {300, [](double i) { return std::pow(i, -1.5) + 1e-3 * (1.0 + std::cos(i)); },
                       1.798491763613, 0.031712550299, 0.004480899481, 44},
                      {20, [](double i) { return 1.0 + i + 3.0 * std::sin(i * i); },
                       21.313265703254, 0.208410675575, 0.855094233599, 4}};
  for (const Row& row : rows) {
    std::vector<double> lambda;
    for (int i = 1; i <= row.count; ++i) lambda.push_back(row.lambda(i));
    const Spectrum s = spectrum_of_eigenvalues(lambda);
    const PowerLaw found = fit_power_law(s);
    INFO(row.count << " values");
    REQUIRE(found.count == row.tail);
    const double error = rounding_of_alpha(s, found, row.alpha);
    constexpr double decimals = 0.5001e-12;  // twelve are known
    CHECK(std::fabs(found.alpha - row.alpha) <= decimals + error);
    CHECK(std::fabs(found.distance - row.distance) <= decimals + error * spread_of_tail(s, found));
    CHECK(std::fabs(found.smallest - row.smallest) <= decimals + 8.0 * 2.3e-16);
  }
}

TEST_CASE("a power law does not change with the matrix's size, nor with values of rounding") {
  std::vector<double> lambda;
  for (int i = 1; i <= 50; ++i) lambda.push_back(std::exp(3.0 * std::sin(i)) + 1e-2 * i);
  const Spectrum s = spectrum_of_eigenvalues(lambda);
  const PowerLaw law = fit_power_law(s);
  const PowerLaw scaled = fit_power_law(Spectrum(std::ldexp(1.0, 40) * s.values(), 50, 50));
  CHECK((scaled.alpha == law.alpha && scaled.smallest == law.smallest));
  CHECK((scaled.distance == law.distance && scaled.count == law.count));
  Eigen::VectorXd longer = Eigen::VectorXd::Constant(60, 1e-17 * s.largest());
  longer.head(50) = s.values();
  longer.tail(5).setZero();
  CHECK(fit_power_law(Spectrum(longer, 60, 60)).alpha == law.alpha);
}

TEST_CASE("there is no power law of nothing, of one value and of equal ones") {
  for (const std::vector<double>& lambda :
       {std::vector<double>{}, {0.0, 0.0}, {3.0}, {3.0, 0.0}, {2.0, 2.0, 2.0}}) {
    const PowerLaw law = fit_power_law(spectrum_of_eigenvalues(lambda));
    CHECK(law.count == 0);
    CHECK(law.alpha == 0.0);
  }
}
