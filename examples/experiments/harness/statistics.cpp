// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics.hpp"

#include <cmath>
#include <limits>
#include <pion/detail/check.hpp>

namespace pion::experiment {
namespace {

constexpr double pi = 3.14159265358979323846;

/// P(|t| <= x) for a whole number of degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
double student_probability(double x, int degrees) {
  const double angle = std::atan(x / std::sqrt(degrees));
  const double cosine = std::cos(angle);
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1.0;
  double sum = degrees == 1 ? 0.0 : term;
  for (int k = odd ? 3 : 2; k < degrees - 1; k += 2) {
    term *= cosine * cosine * (k - 1) / k;
    sum += term;
  }
  return odd ? 2.0 / pi * (angle + std::sin(angle) * sum) : std::sin(angle) * sum;
}

}  // namespace

double student_t(int degrees) {
  if (degrees < 1) detail::refuse_argument("student_t: there must be a degree of freedom");
  double low = 0.0;
  double high = 16.0;  // above that of one degree, 12.7
  for (int halving = 0; halving < 60; ++halving) {
    const double middle = 0.5 * (low + high);
    (student_probability(middle, degrees) < 0.95 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

Estimate mean_of(const std::vector<double>& values) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto n = static_cast<double>(values.size());
  double mean = 0.0;
  for (const double v : values) mean += v / n;
  if (values.size() < 2) return {mean, -infinity, infinity};
  if (!std::isfinite(mean)) return {mean, mean, mean};
  double squares = 0.0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const double half =
      student_t(static_cast<int>(values.size()) - 1) * std::sqrt(squares / (n - 1.0) / n);
  return {mean, mean - half, mean + half};
}

Estimate ratio_of(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) detail::refuse_argument("ratio_of: the values are not pairs");
  std::vector<double> logarithms;
  for (std::size_t i = 0; i < a.size(); ++i) logarithms.push_back(std::log(a[i] / b[i]));
  const Estimate e = mean_of(logarithms);
  return {std::exp(e.mean), std::exp(e.low), std::exp(e.high)};
}

}  // namespace pion::experiment
