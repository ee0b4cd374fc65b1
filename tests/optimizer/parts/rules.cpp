// SPDX-License-Identifier: Apache-2.0
// Covers its own header and diagnostics/noise.hpp, optimizer/parts/filtered_within.hpp,
// optimizer/parts/polar_factor.hpp, optimizer/presets/within.hpp, optimizer/presets/low_rank.hpp,
// optimizer/recipe/direction.hpp. The rules that are not filters: spectral powers, the top of the
// spectrum, what stands out of noise.

#include <cmath>
#include <limits>
#include <random>

#include <pion/optimizer/parts/spectral_power.hpp>
#include <pion/optimizer/presets/low_rank.hpp>

#include "support/catch.hpp"
#include "support/known.hpp"
#include "support/reference.hpp"

using namespace pion;
using namespace pion::optimizer;

namespace {

using Real = reference::Real;
using Dense = reference::Matrix;

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// The rule's direction for x.
template <class Rule, class T>
Matrix<T> direct(const Rule& rule, Matrix<T> x, Direction* info = nullptr) {
  Workspace workspace;
  WarmStart<T> start;
  const Direction d = pion::detail::direct<DefaultEngine>(
      rule, engine::View<T>(x.data(), x.rows(), x.cols()), workspace, start);
  if (info != nullptr) *info = d;
  CHECK(std::fabs(d.norm - static_cast<double>(x.norm())) <=
        static_cast<double>(x.size() + 8) * static_cast<double>(reference::eps<T>()) * d.norm);
  return x;
}

/// rows x cols with the given singular values.
Dense with_spectrum(const reference::Vector& sigma, Index rows, Index cols,
                    std::mt19937_64& random) {
  const auto s = reference::svd(reference::random_matrix(rows, cols, random, 0.0));
  return s.u * sigma.asDiagonal() * s.v.transpose();
}

Dense power(const Dense& x, double p) {
  const auto s = reference::svd(x);
  return s.u * s.sigma.array().pow(Real(p)).matrix().asDiagonal() * s.v.transpose();
}

double exponent(Power p) {
  return p == Power::zero ? 0.0 : p == Power::quarter ? 0.25 : p == Power::half ? 0.5 : 1.0;
}

Dense gaussian(Index rows, Index cols, std::mt19937_64& random) {
  return reference::random_matrix(rows, cols, random, 0.0);
}

}  // namespace

TEST_CASE("spectral powers of a diagonal, as the published routine computes them") {
  const auto values = [](std::initializer_list<double> diagonal, Power p, double ridge) {
    const Eigen::VectorXd d = Eigen::Map<const Eigen::VectorXd>(diagonal.begin(), 4);
    const SpectralPower rule{p, 1e-6 * ridge, 1e-4 * ridge};
    return Eigen::Vector4d(direct(rule, Matrix<double>(d.asDiagonal())).diagonal());
  };
  const auto near = [](const Eigen::Vector4d& a, const Eigen::Vector4d& b, double tolerance) {
    CHECK((a - b).cwiseAbs().maxCoeff() <= tolerance);
  };
  constexpr double printed = 5e-9;  // the last digit of these numbers
  near(values({1, .5, .1, .01}, Power::half, 1), {1.00123982, 0.70752516, 0.31601085, 0.09320736},
       printed);
  near(values({1, .5, .1, .01}, Power::quarter, 1), {1.00081377, 0.8412492, 0.56212657, 0.30494294},
       printed);
  near(values({1, .1, .01, .001}, Power::half, 1), {1.00361948, 0.31613549, 0.09434257, 0.01380543},
       printed);
  near(values({1, .5, .1, .01}, Power::half, 0), {1, std::sqrt(.5), std::sqrt(.1), .1}, 2e-8);
}

TEMPLATE_TEST_CASE("a spectral power is U S^p V^T where nothing is damped", "", float, double) {
  using T = TestType;
  std::mt19937_64 random(3);
  for (const auto& [rows, cols] :
       {std::pair<Index, Index>{1, 1}, {6, 6}, {4, 11}, {11, 4}, {1, 5}}) {
    const Index m = std::min(rows, cols);
    reference::Vector sigma(m);
    for (Index i = 0; i < m; ++i) sigma(i) = std::pow(Real(0.6), Real(i));
    for (const Real size : {Real(1), Real(1e-12), Real(1e12)}) {
      const Dense x = size * with_spectrum(sigma, rows, cols, random);
      for (const Power p : {Power::zero, Power::quarter, Power::half, Power::one}) {
        const Matrix<T> y = direct(SpectralPower{p, 0.0, 0.0}, Matrix<T>(x.cast<T>()));
        const Dense expected = power(x, exponent(p));
        // The iteration magnifies rounding by the condition of the Gram matrix, 45 products in all.
        const Real condition = 1 / (sigma(m - 1) * sigma(m - 1));
        CHECK((y.template cast<Real>() - expected).norm() <=
              2 * condition * 45 * static_cast<Real>(m) * reference::eps<T>() * expected.norm());
      }
    }
  }
}

TEMPLATE_TEST_CASE("a spectral power of a singular matrix is finite, and keeps its null space", "",
                   float, double) {
  using T = TestType;
  std::mt19937_64 random(4);
  const Dense x = gaussian(12, 2, random) * gaussian(2, 20, random);
  for (const Power p : {Power::zero, Power::quarter, Power::half}) {
    const Matrix<T> y = direct(SpectralPower{p}, Matrix<T>(x.cast<T>()));
    REQUIRE(y.allFinite());
    const auto sigma = reference::svd(y.template cast<Real>()).sigma;
    const auto expected = reference::svd(power(x, exponent(p))).sigma;
    // The first ridge, 1e-4 of the mean, leaves A^(-1/2) eigenvalues of 100 over the root of the
    // mean in the null space; the second is 1e-4 of these, 1 % of the root of what may be 12 means.
    CHECK((sigma - expected).head(2).norm() <= Real(0.01) * std::sqrt(Real(12)) * expected.norm());
    // Rounding is lifted at most by 1 / sqrt(ridge), as all below it is.
    CHECK(sigma(2) <= 1e3L * 45 * 12 * reference::eps<T>() * sigma(0));
  }
  CHECK(direct(SpectralPower{}, Matrix<T>(Matrix<T>::Zero(3, 4))).isZero(0));
}

TEST_CASE("a spectral power refuses numbers out of range") {
  const Matrix<double> x = Matrix<double>::Ones(2, 3);
  CHECK_THROWS_WITH(direct(SpectralPower{Power::half, 1e-6, 1e-4, 0}, x),
                    "SpectralPower: 0 iterations");
  CHECK_THROWS_AS(direct(SpectralPower{Power::half, -1.0, 1e-4}, x), std::invalid_argument);
}

TEST_CASE("LRMuon keeps the top of the spectrum") {
  std::mt19937_64 random(5);
  const Matrix<double> x = gaussian(7, 9, random).cast<double>();
  Direction d;
  const Matrix<double> y = direct(PolarFactor{Leading{3}}, x, &d);
  CHECK(y == polar_factor(x, Leading{3}));
  CHECK(d.survivors == 3);
  CHECK_THROWS_AS(direct(PolarFactor{Leading{0}}, x), std::invalid_argument);
}

TEST_CASE("the Marchenko-Pastur median halves the law") {
  // The density of t = sigma^2 / (n v), integrated from the other end by the midpoint rule, in the
  // angle that makes it smooth.
  constexpr double pi = 3.14159265358979323846;
  for (const double beta : {1.0, 0.7, 0.25, 0.01}) {
    const double median = marchenko_pastur_median(beta);
    const double root = std::sqrt(beta);
    const double end = std::acos((median - 1 - beta) / (2 * root));
    double below = 0.0;
    constexpr int points = 20000;
    for (int i = 0; i < points; ++i) {
      const double theta = end + (pi - end) * (i + 0.5) / points;
      const double s = std::sin(theta);
      below += s * s / (1 + beta + 2 * root * std::cos(theta));
    }
    CHECK(std::fabs(below * (pi - end) / points * 2 / pi - 0.5) < 1e-7);
  }
  // Gavish and Donoho's constants for square matrices.
  CHECK(std::fabs(gavish_donoho_threshold(1.0, 100, 100) - 40.0 / std::sqrt(3.0)) < 1e-12);
  CHECK(std::fabs(noise_threshold(Eigen::VectorXd::Ones(5), 5, 5) - 2.858) < 5e-4);
  CHECK(noise_edge(4.0, 9, 16) == 2.0 * 7.0);
  // The median of an even number of values is the mean of the two in the middle.
  const double variance = noise_variance(Eigen::Vector4d(4.0, 3.0, 1.0, 0.5), 4, 4);
  CHECK(std::fabs(variance * 4.0 * marchenko_pastur_median(1.0) - 4.0) < 1e-12);
}

TEST_CASE("noise alone: its variance and edge are found, and nothing stands out") {
  std::mt19937_64 random(6);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{60, 60}, {40, 100}, {100, 40}}) {
    const Matrix<double> x = 3.0 * gaussian(rows, cols, random).cast<double>();
    const Eigen::VectorXd sigma = pion::detail::singular_values<double>(x);
    // The median singular value fluctuates by O(1 / m) of the width of the law.
    const double fluctuation = 4.0 / static_cast<double>(std::min(rows, cols));
    CHECK(std::fabs(noise_variance(sigma, rows, cols) / 9.0 - 1.0) < 2.0 * fluctuation);
    CHECK(sigma(0) < noise_edge(9.0, rows, cols) * (1.0 + fluctuation));
    CHECK(sigma(0) < gavish_donoho_threshold(9.0, rows, cols));

    Direction d;
    const Matrix<double> one =
        direct(PolarFactor{AboveNoise{NothingStandsOut::keep_strongest}}, x, &d);
    CHECK(d.survivors == 1);
    CHECK((one - polar_factor(x, Leading{1})).norm() < 1e-12);
    const Matrix<double> all = direct(PolarFactor{AboveNoise{NothingStandsOut::keep_all}}, x, &d);
    CHECK(d.survivors == std::min(rows, cols));
    CHECK((all - polar_factor(x, Leading{std::min(rows, cols)})).norm() < 1e-11);
  }
}

TEMPLATE_TEST_CASE("a signal above the noise is kept whole, and the noise is not", "", float,
                   double) {
  using T = TestType;
  std::mt19937_64 random(7);
  const Index rows = 48, cols = 64, rank = 5;
  const Dense noise = gaussian(rows, cols, random);
  reference::Vector strong = reference::Vector::Zero(rows);
  strong.head(rank).setConstant(2 * Real(gavish_donoho_threshold(1.0, rows, cols)));
  const Matrix<T> x = (with_spectrum(strong, rows, cols, random) + noise).cast<T>();
  for (const auto otherwise : {NothingStandsOut::keep_strongest, NothingStandsOut::keep_all}) {
    Direction d;
    const Matrix<T> y = direct(PolarFactor{AboveNoise{otherwise}}, x, &d);
    CHECK(d.survivors == rank);
    CHECK(y == polar_factor(x, Leading{rank}));
    const Matrix<T> transposed =
        direct(PolarFactor{AboveNoise{otherwise}}, Matrix<T>(x.transpose()), &d);
    CHECK(d.survivors == rank);
  }
}

TEST_CASE("directions above the noise are counted from what they leave") {
  std::mt19937_64 random(9);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{60, 60}, {40, 100}, {100, 40}}) {
    const Index m = std::min(rows, cols);
    const Dense noise = gaussian(rows, cols, random);
    for (const Index rank : {0, 1, 5, 18}) {
      reference::Vector strong = reference::Vector::Zero(m);
      strong.head(rank).setConstant(2 * Real(gavish_donoho_threshold(1.0, rows, cols)));
      const Matrix<double> x =
          0.01 * (with_spectrum(strong, rows, cols, random) + noise).cast<double>();
      const Eigen::VectorXd sigma = pion::detail::singular_values<double>(x);
      CHECK(count_above_noise(sigma, x.squaredNorm(), rows, cols) == rank);
      // What comes after the directions that stand out is not looked at.
      CHECK(count_above_noise(sigma.head(rank + 1), x.squaredNorm(), rows, cols) == rank);
    }
  }
}

TEST_CASE("no more than half of the directions are said to stand out") {
  // Each is far above what comes after it.
  Eigen::VectorXd sigma(8);
  for (Index i = 0; i < 8; ++i) sigma(i) = std::pow(0.25, static_cast<double>(i));
  CHECK(count_above_noise(sigma, sigma.squaredNorm(), 8, 8) == 4);
}

TEST_CASE("compression goes on while all that it has found stands out") {
  // It begins with 40 directions, and there is a gap after as many; ten more stand out all the
  // same.
  std::mt19937_64 random(11);
  const Index rows = 300, cols = 280;
  Eigen::VectorXd strong = Eigen::VectorXd::Constant(50, 150.0);
  strong.head(40).setConstant(8000.0);
  const known::Known signal(rows, cols, strong, random);
  const Matrix<float> x =
      (strong.norm() * signal.matrix() + known::gaussian(rows, cols, random)).cast<float>();
  PolarFactor<AboveNoise> rule;
  rule.tolerance.method = Method::low_rank;
  Direction d;
  direct(rule, x, &d);
  CHECK(d.compressed);
  CHECK(d.survivors == 50);
}

TEMPLATE_TEST_CASE("rules by compression give what they give by an SVD", "", float, double) {
  using T = TestType;
  std::mt19937_64 random(10);
  const Index rows = 192, cols = 160, rank = 6;
  const Eigen::VectorXd strong = Eigen::VectorXd::LinSpaced(rank, 120.0, 70.0);
  const known::Known signal(rows, cols, strong, random);
  const Matrix<T> x =
      (strong.norm() * signal.matrix() + known::gaussian(rows, cols, random)).cast<T>();
  const auto compare = [&x](auto rule) {
    auto by_svd = rule;
    rule.tolerance.method = Method::low_rank;
    by_svd.tolerance.method = Method::svd;
    Direction one, other;
    const double distance = (direct(rule, x, &one) - direct(by_svd, x, &other)).norm();
    CHECK(distance > 0.0);  // it was not an SVD
    CHECK(one.compressed);
    CHECK(!other.compressed);
    // The SVD turns by its rounding, n eps sigma_1, over the gap of 10, on both sides.
    const double turn = 2.0 * static_cast<double>(cols) *
                        static_cast<double>(std::numeric_limits<T>::epsilon()) * 120.0 / 10.0;
    CHECK(distance <= rule.tolerance.error + turn);
    CHECK(one.survivors == other.survivors);
    CHECK(one.norm == other.norm);
    return one.survivors.value_or(0);
  };
  CHECK(compare(PolarFactor{Leading{4}}) == 4);
  const double top = 120.0 / static_cast<double>(x.norm());
  CHECK(compare(PolarFactor{AtLeast{0.64 * top}}) == 5);
  CHECK(compare(PolarFactor{AboveNoise{}}) == rank);
  Direction d;
  direct(PolarFactor{AtLeast{1.0}}, x, &d);
  CHECK(d.dead);
  direct(PolarFactor{AtLeast{0.1}}, Matrix<T>(Matrix<T>::Zero(3, 4)), &d);
  CHECK(!d.dead);
}

TEST_CASE("the noise rule on what has no noise") {
  std::mt19937_64 random(8);
  Direction d;
  // Exactly low rank: the median is 0 and every direction above rounding is kept.
  const Matrix<double> x = (gaussian(9, 2, random) * gaussian(2, 12, random)).cast<double>();
  direct(PolarFactor{AboveNoise{}}, x, &d);
  CHECK(d.survivors == 2);
  direct(PolarFactor{AboveNoise{}}, Matrix<double>(Matrix<double>::Zero(4, 5)), &d);
  CHECK(d.survivors == 0);
  direct(PolarFactor{AboveNoise{}}, Matrix<double>(Matrix<double>::Ones(1, 6)), &d);
  CHECK(d.survivors == 1);
}
