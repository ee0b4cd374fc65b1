// SPDX-License-Identifier: Apache-2.0
// One program of two files, or of two shared libraries, that are compiled with
// different vector instructions and engines: each gives the right numbers,
// whichever of the two the linker or the loader meets first.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>

#include <pion/filter.hpp>

#include "calls.hpp"

namespace {

/// H_1 diag(s) H_2 with the reflections H = I - 2 w w^T of two unit vectors,
/// column by column.
std::vector<double> with_singular_values(const std::vector<double> &s) {
  const auto unit = [](int n, double pace) {
    std::vector<double> w(std::size_t(n), 0.0);
    double norm = 0.0;
    for (int i = 0; i < n; ++i) norm = std::hypot(norm, w[std::size_t(i)] = std::cos(pace * i));
    for (double &one : w) one /= norm;
    return w;
  };
  const std::vector<double> u = unit(rows, 0.37), v = unit(cols, 0.71);
  double middle = 0.0;
  for (std::size_t i = 0; i < s.size(); ++i) middle += u[i] * s[i] * v[i];
  std::vector<double> x(std::size_t(rows) * cols);
  for (std::size_t j = 0; j < v.size(); ++j) {
    for (std::size_t i = 0; i < u.size(); ++i) {
      x[i + j * u.size()] = (i == j ? s[i] : 0.0) - 2.0 * s[i] * v[i] * v[j] +
                            4.0 * middle * u[i] * v[j] -
                            (j < s.size() ? 2.0 * u[i] * u[j] * s[j] : 0.0);
    }
  }
  return x;
}

int failures = 0;

template <class T>
void check(const char *what, const std::vector<T> &got, const std::vector<double> &right,
           double magnified, double allowed = 0.0) {
  double sum = 0.0;
  for (std::size_t i = 0; i < right.size(); ++i) sum += std::pow(double(got[i]) - right[i], 2);
  // Each product rounds a sum of at most rows + cols terms; later steps magnify
  // it by their slope.
  const double rounding = double(rows + cols) * std::numeric_limits<T>::epsilon() * magnified;
  if (std::sqrt(sum) <= allowed + rounding) return;
  std::printf("%s is off by %g\n", what, std::sqrt(sum));
  ++failures;
}

void check(const char *what, double got, double right, double allowed) {
  if (std::fabs(got - right) <= allowed * std::fabs(right)) return;
  std::printf("%s is %.17g, not %.17g\n", what, got, right);
  ++failures;
}

}  // namespace

int main() {
#if defined(__GNUC__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 77;  // skipped
#endif
  // Five directions that pass, and a floor that does not.
  std::vector<double> s(std::min(rows, cols), 1e-4);
  for (std::size_t i = 0; i < 5; ++i) s[i] = 1.0 / double(1 + i);
  double norm = 0.0;
  for (const double one : s) norm = std::hypot(norm, one);
  const pion::Chain f = pion::chains::high_pass(2);
  std::vector<double> gains = s;
  for (double &one : gains) one = f(one / norm);

  const std::vector<double> x = with_singular_values(s), right = with_singular_values(gains);
  const double magnified = f.size() * pion::SlopeBounds(f).steepest();
  const double sum = std::accumulate(s.begin(), s.end(), 0.0);
  double entropy = 0.0;
  for (const double one : s) entropy -= one / sum * std::log(one / sum);
  // Each sum has rows cols terms.
  const double rounding = double(rows) * cols * std::numeric_limits<double>::epsilon();
  // In float each value moves by eps/2 of the norm at most, and
  // dH / ds = -(log(s / sum) + H) / sum; spectrum() itself is allowed 1e-6.
  const double moved = 0.5 * rows * norm * std::numeric_limits<float>::epsilon();
  const double in_float = 1e-6 + moved * (std::log(sum / s.back()) + entropy) / sum;
  const Results a = results_of_a(x), b = results_of_b(x);
  for (const Results *r : {&a, &b}) {
    std::printf("%s, %s\n", r->kernels.c_str(), r->engine.c_str());
    check("apply", r->dense, right, magnified);
    check("apply in Gram space", r->gram, right, magnified);
    check("apply with a tolerance", r->within, right, magnified, tolerance);
    check("apply in float", r->in_float, right, magnified);
    check("spectrum", r->singular_values, s, magnified);
    check("effective_rank", r->effective_rank, std::exp(entropy), rounding);
    check("effective_rank in float", r->effective_rank_in_float, std::exp(entropy), in_float);
    check("the signal of samples", r->signal, 3.0 * norm * norm, rounding);
    check("the noise of samples", r->noise, 2.0 * norm * norm, rounding);
    check("the signal of a stream", r->stream_signal, 13.0 / 3.0 * norm * norm, rounding);
    check("the noise of a stream", r->stream_noise, 2.0 * norm * norm, rounding);
  }
  // Whether functions of one name do harm depends on what the compiler has
  // inlined: there are none.
  if (a.kernels == b.kernels) {
    std::printf("both files have kernels of one name\n");
    ++failures;
  }
  return failures;
}
