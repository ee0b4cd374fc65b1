// SPDX-License-Identifier: Apache-2.0
// Covers its own header, algorithm/krylov_memory.hpp, algorithm/krylov_rules.hpp and
// algorithm/trace_bounds.hpp: both rules bound what they are for, in a subspace of any size, and
// are exact in the whole space.

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <pion/algorithm/krylov_space.hpp>
#include <pion/algorithm/trace_bounds.hpp>
#include <pion/pion.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using algorithm::estimate_trace;
using algorithm::TraceRules;

namespace {

double root(double square) { return std::sqrt(square); }
auto psi(double c) {
  return [c](double s) { return -std::sqrt(s) * (0.5 * std::log(s) - std::log(c)); };
}

/// A 96 x 130 matrix whose values fall by a factor of `fall` from each to the next.
template <class T>
detail::ColumnMajor<T> fading(double fall, std::mt19937_64& random) {
  Eigen::MatrixXd x = reference::random_matrix(96, 130, random, 0).cast<double>();
  for (Index i = 0; i < 96; ++i) x.row(i) *= std::pow(fall, double(i));
  return x.cast<T>();
}

/// The rules as the space grows from 16 directions to all 96, probes drawn at the second block.
template <class T>
std::vector<TraceRules> growing(const detail::ColumnMajor<T>& x) {
  detail::KrylovSpace<engine::core_t<DefaultEngine>, T> space(96, 130, 96, 16);
  const auto place = space.copy();
  engine::as_eigen(place) = x;
  space.begin(double(x.cwiseAbs().maxCoeff()), 5);
  space.extend();
  REQUIRE(space.draw(5, 16));
  std::vector<TraceRules> all = {space.rules()};
  while (space.has_room()) {
    space.extend();
    all.push_back(space.rules());
  }
  CHECK(space.directions() == 96);
  return all;
}

template <class T>
void check_bounds(const detail::ColumnMajor<T>& x) {
  const std::vector<TraceRules> all = growing<T>(x);
  const TraceRules& whole = all.back();
  // The rules' own precision: V is orthonormal to the rounding of T, and the squares of values are
  // known to some epsilon of double, which for 96 values of about 1e-8 comes to 1e-6.
  const double own = 96 * double(std::numeric_limits<T>::epsilon()) + 1e-6;
  const auto holds = [&](const auto& f, double negative, const TraceRules& r) {
    const double exact = 0.5 * (whole.upper.sum(f) + whole.lower.sum(f));
    CHECK(r.lower.sum(f) - negative <= exact + own);
    CHECK(exact <= r.upper.sum(f) + negative + own);
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    const TraceRules& r = all[i];
    holds(root, 0.0, r);
    for (const double t : {1e-6, 1e-2, 1.0}) {
      holds([t](double s) { return s / (s + t); }, 0.0, r);
    }
    for (const double c : {1e-2, 0.3, 1.0}) holds(psi(c), algorithm::negative_part(r, c), r);
    if (i == 0) continue;
    CHECK(r.upper.sum(root) <= all[i - 1].upper.sum(root) + own);
    CHECK(r.lower.sum(root) >= all[i - 1].lower.sum(root) - own);
  }
  CHECK(whole.upper.sum(root) - whole.lower.sum(root) <= own);
  // The trace of A is 1, and the probes' share of it is exact in every subspace.
  CHECK(std::fabs(estimate_trace(all[0], [](double s) { return s; }).middle - 1.0) <= own);
}

}  // namespace

TEST_CASE("both rules bound traces from a subspace of any size") {
  std::mt19937_64 random(3);
  for (const double fall : {1.0, 0.97, 0.8}) {
    check_bounds<float>(fading<float>(fall, random));
    check_bounds<double>(fading<double>(fall, random));
  }
}

TEST_CASE("a node that rounding makes 0 adds nothing, whatever the function is there") {
  detail::KrylovProjection shown;
  shown.squares = {0.75, 0.25};
  shown.vectors = shown.probed = {1, 0, 0, 1};
  shown.probes = 2;
  Workspace workspace;
  const auto buffers =
      detail::laid_out<engine::GemmBuffers<double>>(workspace, Index(2), Index(2), Index(2));
  const auto rule = shown.lower({0.75, 0.0}, {1, 0, 0, 1}, buffers);
  // A root, its square, and a division: three roundings.
  CHECK(std::fabs(rule.sum(psi(1.0)) - 0.5 * psi(1.0)(0.75)) <=
        3 * std::numeric_limits<double>::epsilon());
}

TEST_CASE("a bound of the largest value, and the quantile of a single direction") {
  std::mt19937_64 random(4);
  // V is orthonormal to 96 roundings of float.
  const double own = 48 * double(std::numeric_limits<float>::epsilon());
  for (const double fall : {1.0, 0.9}) {
    const detail::ColumnMajor<float> x = fading<float>(fall, random);
    const Eigen::VectorXd sigma = reference::svd(x.cast<reference::Real>()).sigma.cast<double>();
    const double exact = sigma(0) * sigma(0) / sigma.squaredNorm();
    for (const TraceRules& r : growing<float>(x)) {
      CHECK(algorithm::largest_square(r, 1e-3) >= exact * (1.0 - own));
      CHECK(r.upper.squares.front() <= exact * (1.0 + own));
    }
  }
  // Table values of chi^2: P(chi^2_16 <= 28.845) = .975, and of the normal distribution 1.960.
  const auto as_in_table = [](Index probes, double chi_square) {
    const double scale = std::sqrt(2.0 * double(probes));
    const double expected = (chi_square - double(probes)) / scale;
    // Half a unit of the table's last digit.
    CHECK(std::fabs(algorithm::probe_quantile(probes, 0.95) - expected) <= 0.0005 / scale);
  };
  as_in_table(16, 28.845);
  as_in_table(100, 129.561);
}
