// SPDX-License-Identifier: Apache-2.0
// Spectra (diagnostics/measures.hpp), the heads' norms (diagnostics/head_norms.hpp) and
// signal-to-noise ratios: known values, order relations, and agreement with definitions.

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <pion/pion.hpp>

#include "support/addresses.hpp"
#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;

namespace {

void near(double x, double y, double tolerance) {
  INFO(x << " against " << y);
  CHECK(std::fabs(x - y) <= tolerance);
}

std::vector<Eigen::MatrixXd> gradients(int count, double noise, unsigned seed) {
  std::mt19937_64 random(seed);
  const Eigen::MatrixXd mean = reference::random_matrix(5, 7, random).cast<double>();
  std::vector<Eigen::MatrixXd> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(mean + noise * reference::random_matrix(5, 7, random, 0).cast<double>());
  }
  return all;
}

}  // namespace

TEST_CASE("ranks of an exponential spectrum, to the digits known") {
  Eigen::VectorXd s(200);
  for (Index j = 0; j < 200; ++j) s(j) = std::exp(-static_cast<double>(j) / 30.0);
  const Spectrum spectrum(s, 200, 200);
  near(spectrum.stable_rank(), 15.506, 5e-4);
  near(spectrum.participation_ratio(), 30.011, 5e-4);
  near(spectrum.nuclear_rank(), 59.853, 5e-4);
  near(spectrum.effective_rank(), 80.7595, 5e-5);
  CHECK(spectrum.rank() == 200);
}

TEST_CASE("measures of a spectrum: order, invariance, and the ends of their range") {
  std::mt19937_64 random(31);
  for (const auto& [rows, cols] : reference::shapes(random, 8)) {
    if (rows * cols == 0) continue;
    const Eigen::MatrixXd x = reference::random_matrix(rows, cols, random).cast<double>();
    const Spectrum s = spectrum(x);
    const auto most = static_cast<double>(std::min(rows, cols));
    const double slack = 1 + 1e-12;
    CHECK(s.nuclear_rank() <= s.effective_rank() * slack);
    CHECK(s.effective_rank() <= most * slack);
    CHECK(s.stable_rank() <= s.participation_ratio() * slack);
    CHECK(s.participation_ratio() <= most * slack);
    CHECK(s.stable_rank() * slack >= 1);
    CHECK(s.nuclear_rank() * slack >= 1);
    near(s.concentration() * s.concentration() * s.stable_rank(), 1, 1e-12);
    // Scale, transposition, and the shorthands.
    for (const double c : {std::ldexp(1.0, -900), 3.0, std::ldexp(1.0, 900)}) {
      near(effective_rank(c * x), s.effective_rank(), 1e-11 * most);
      near(stable_rank(c * x), s.stable_rank(), 1e-11 * most);
    }
    near(effective_rank(x.transpose()), s.effective_rank(), 1e-11 * most);
    near(nuclear_rank(x), s.nuclear_rank(), 1e-11 * most);
    near(participation_ratio(x), s.participation_ratio(), 1e-11 * most);
    // Against the singular values of the independent SVD.
    const reference::Vector sigma = reference::svd(x.cast<reference::Real>()).sigma;
    const double tolerance = 16 * 2.3e-16 * static_cast<double>(rows + cols) * s.largest();
    for (Index i = 0; i < sigma.size(); ++i) {
      near(s.values()(i), static_cast<double>(sigma(i)), tolerance);
    }
  }
  const Spectrum flat = spectrum(Eigen::MatrixXd::Identity(9, 12));
  near(flat.effective_rank(), 9, 1e-12);
  near(flat.stable_rank(), 9, 1e-12);
  near(flat.concentration(), 1.0 / 3, 1e-14);
  const Spectrum one = spectrum(Eigen::MatrixXd::Ones(9, 12));
  near(one.effective_rank(), 1, 1e-12);
  CHECK(one.rank() == 1);
  for (const Spectrum& none :
       {spectrum(Eigen::MatrixXf::Zero(3, 4)), spectrum(Eigen::MatrixXf(0, 4))}) {
    CHECK(none.effective_rank() == 0);
    CHECK(none.stable_rank() == 0);
    CHECK(none.nuclear_rank() == 0);
    CHECK(none.participation_ratio() == 0);
    CHECK(none.concentration() == 0);
    CHECK(none.rank() == 0);
    CHECK(none.survivors({chains::muon()}) == 0);
  }
}

TEST_CASE("survivors under each normaliser are those that the SVD method counts") {
  std::mt19937_64 random(32);
  for (int trial = 0; trial < 10; ++trial) {
    const Eigen::MatrixXd x = reference::random_matrix(14, 20, random, 1.0).cast<double>();
    const Spectrum s = spectrum(x);
    for (const Normalizer n : {Normalizer::frobenius, Normalizer::schatten4, Normalizer::none}) {
      for (int kp = 0; kp <= 4; ++kp) {
        const Filter f{chains::high_pass(kp), n};
        const Eigen::MatrixXd scaled = n == Normalizer::none ? Eigen::MatrixXd(x / x.norm()) : x;
        Eigen::MatrixXd y(14, 20);
        CHECK(spectrum(scaled).survivors(f, 0.3) == apply_svd(f, scaled, y, 0.3).survivors);
        if (n == Normalizer::frobenius) {
          CHECK(static_cast<double>(s.survivors(f)) <= *max_survivors(f));
        }
        if (n == Normalizer::none) {  // what the others divide by
          const Filter spectral{f.chain, Normalizer::spectral};
          CHECK(s.survivors(spectral, 0.3) == spectrum(x / s.largest()).survivors(f, 0.3));
        } else {
          for (const int power : {-900, 900}) {
            CHECK(spectrum(std::ldexp(1.0, power) * x).survivors(f, 0.3) == s.survivors(f, 0.3));
          }
        }
      }
    }
  }
  CHECK_THROWS_AS(
      spectrum(Eigen::MatrixXd::Ones(2, 2)).survivors({chains::muon(), Normalizer::aol}),
      std::invalid_argument);
}

TEST_CASE("SNR of samples is the U-statistic of its definition") {
  const std::vector<Eigen::MatrixXd> g = gradients(9, 2.0, 33);
  double pairs = 0, squares = 0;
  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(5, 7);
  for (const auto& a : g) mean += a / 9.0;
  for (const auto& a : g) {
    squares += (a - mean).squaredNorm();
    for (const auto& b : g) {
      if (&a != &b) pairs += a.cwiseProduct(b).sum();
    }
  }
  const Snr s = snr(g);
  CHECK(s.count == 9);
  near(s.signal, pairs / 72, 1e-12 * std::fabs(pairs));
  near(s.noise, squares / 8, 1e-12 * squares);
  near(s.ratio(), std::max(s.signal, 0.0) / s.noise, 1e-15);
  // Two samples: signal <g1, g2>, noise ||g1 - g2||^2 / 2.
  const Snr two = snr(std::vector<Eigen::MatrixXd>{g[0], g[1]});
  near(two.signal, g[0].cwiseProduct(g[1]).sum(), 1e-11);
  near(two.noise, (g[0] - g[1]).squaredNorm() / 2, 1e-11);
}

TEST_CASE("merged halves are the whole, wherever the cut") {
  const std::vector<Eigen::MatrixXd> g = gradients(10, 1.0, 34);
  const Snr whole = snr(g);
  for (std::size_t cut = 0; cut <= g.size(); ++cut) {
    SnrSamples left, right;
    for (std::size_t i = 0; i < g.size(); ++i) (i < cut ? left : right).add(g[i]);
    left.merge(right);
    CHECK(left.count() == 10);
    near(left.estimate().signal, whole.signal, 1e-12 * (std::fabs(whole.signal) + whole.noise));
    near(left.estimate().noise, whole.noise, 1e-12 * whole.noise);
  }
}

TEST_CASE("no estimator has a bias: the average over every pattern of signs is exact") {
  // g_i = mean + e_i n with e_i = +-1 has signal ||mean||^2 and noise ||n||^2, and the average over
  // all 2^t sign patterns is the expectation itself.
  std::mt19937_64 random(35);
  const Eigen::MatrixXd mean = reference::random_matrix(3, 4, random, 0).cast<double>();
  const Eigen::MatrixXd n = reference::random_matrix(3, 4, random, 0).cast<double>();
  for (const int t : {2, 3, 7}) {
    const unsigned patterns = 1U << t;
    Snr samples, stream;
    for (unsigned pattern = 0; pattern < patterns; ++pattern) {
      SnrSamples one;
      SnrStream other(0.8);
      for (int i = 0; i < t; ++i) {
        const double sign = (pattern >> i & 1U) != 0 ? 1.0 : -1.0;
        const Eigen::MatrixXd g = mean + sign * n;
        one.add(g);
        other.add(g);
      }
      samples.signal += one.estimate().signal / patterns;
      samples.noise += one.estimate().noise / patterns;
      stream.signal += other.estimate().signal / patterns;
      stream.noise += other.estimate().noise / patterns;
    }
    const double tolerance = 1e-13 * (mean.squaredNorm() + n.squaredNorm());
    near(samples.signal, mean.squaredNorm(), tolerance);
    near(samples.noise, n.squaredNorm(), tolerance);
    near(stream.signal, mean.squaredNorm(), tolerance);
    near(stream.noise, n.squaredNorm(), tolerance);
  }
  // The closed form of the squared weights, to the digits known: b = .9, t = 60.
  const double forgotten = std::pow(0.9, 60);
  near((1 - 0.9) * (1 + forgotten) / ((1 + 0.9) * (1 - forgotten)), 0.0528211, 5e-8);
}

TEST_CASE("samples whose squares vanish are refused, zeros are not") {
  const Eigen::MatrixXd g = Eigen::MatrixXd::Constant(3, 4, 1e-170);
  SnrSamples samples;
  CHECK_THROWS_WITH(samples.add(g), has_text("vanishes"));
  SnrStream stream(0.9);
  CHECK_THROWS_WITH(stream.add(g), has_text("vanishes"));
  samples.add(0.0 * g);
  samples.add(0.0 * g);
  CHECK(samples.estimate().ratio() == 0.0);
}

TEST_CASE("all estimators find the SNR that the samples were drawn with") {
  // ||E g||^2 = s, E ||g - E g||^2 = 35 noise^2; over 4000 samples the estimate is within 5
  // standard errors, the largest of which is about 2 sqrt(s 35 noise^2 / n / 35) for the signal.
  const double noise = 1.0;
  const int n = 4000;
  const std::vector<Eigen::MatrixXd> g = gradients(n, noise, 36);
  std::mt19937_64 random(36);
  const double s = reference::random_matrix(5, 7, random).cast<double>().squaredNorm();
  const double error_of_signal = 5 * 2 * std::sqrt(s / n) * noise + 5 * 35.0 / n;
  const double error_of_noise = 5 * std::sqrt(2.0 * 35 / n);
  const Snr samples = snr(g);
  near(samples.signal, s, error_of_signal);
  near(samples.noise, 35, error_of_noise);

  double small = 0, large = 0;  // batches of 1 and of 10
  for (int i = 0; i < n; ++i) small += g[static_cast<std::size_t>(i)].squaredNorm() / n;
  for (int i = 0; i < n; i += 10) {
    Eigen::MatrixXd batch = Eigen::MatrixXd::Zero(5, 7);
    for (int k = 0; k < 10; ++k) batch += g[static_cast<std::size_t>(i + k)] / 10;
    large += batch.squaredNorm() / (n / 10);
  }
  const Snr batches = snr_from_batch_sizes({small, 1}, {large, 10});
  near(batches.noise, 35, 3 * error_of_noise);
  near(batches.signal, s, 3 * error_of_signal);
  // Exactly, on the expectations.
  const Snr exact = snr_from_batch_sizes({2.0 + 12.0 / 4, 4}, {2.0 + 12.0 / 32, 32});
  near(exact.signal, 2, 1e-14);
  near(exact.noise, 12, 1e-13);
}

TEST_CASE("what overflows is refused, and what nearly does is measured") {
  CHECK_THROWS_AS(spectrum(Eigen::MatrixXd::Constant(10, 10, 1e308)), std::domain_error);
  const Eigen::MatrixXd large = Eigen::MatrixXd::Identity(10, 10) * 1e308;
  near(effective_rank(large), 10, 1e-12);  // though the sum of the values overflows
  near(stable_rank(large), 10, 1e-12);
}

TEST_CASE("the ratio at its ends") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(Snr{nan, 1.0, 2}.ratio()));
  CHECK(std::isnan(Snr{1.0, nan, 2}.ratio()));
  CHECK_THROWS_AS(snr_from_batch_sizes({nan, 1}, {2, 8}), std::invalid_argument);
  // Of two samples any weight gives the noise ||g_1 - g_2||^2 / 2 = 1, and signal and noise add up
  // to the average of ||g||^2, 8 - 6 b / (1 + b). The averages are of size 8 and round to epsilon
  // of it, which 1 - w2 = 2 b divides.
  SnrStream forgetful(1e-6);
  forgetful.add(Eigen::MatrixXd::Identity(2, 2));
  forgetful.add(2 * Eigen::MatrixXd::Identity(2, 2));
  const double rounding = 8 * 8 * std::numeric_limits<double>::epsilon() / 2e-6;
  CHECK(std::abs(forgetful.estimate().noise - 1.0) <= rounding);
  CHECK(std::abs(forgetful.estimate().signal - 7.0 + 6e-6) <= rounding);
  CHECK_THROWS_WITH(SnrStream(1e-17), "SnrStream: the decay 1e-17 is not in [1e-6, 1)");
  CHECK(Snr{1.0, 0.0, 2}.ratio() == std::numeric_limits<double>::infinity());
  CHECK(Snr{0.0, 0.0, 2}.ratio() == 0.0);
  CHECK(Snr{-1.0, 2.0, 2}.ratio() == 0.0);
  const Snr same = snr(std::vector<Eigen::MatrixXd>(3, Eigen::MatrixXd::Ones(2, 2)));
  CHECK(same.noise == 0.0);
  CHECK(same.signal == 4.0);
}

TEST_CASE("a refused sample changes nothing") {
  SnrSamples samples;
  CHECK_THROWS_AS(samples.estimate(), std::invalid_argument);
  samples.add(Eigen::MatrixXd::Identity(2, 3));
  CHECK_THROWS_AS(samples.estimate(), std::invalid_argument);
  samples.add(2 * Eigen::MatrixXd::Identity(2, 3));
  const Snr before = samples.estimate();
  CHECK_THROWS_WITH(samples.add(Eigen::MatrixXd::Ones(3, 2)),
                    "SnrSamples: a sample is 3x2, those before are 2x3");
  CHECK_THROWS_AS(samples.add(Eigen::MatrixXd::Constant(2, 3, std::nan(""))), std::domain_error);
  SnrSamples other;
  other.add(Eigen::MatrixXd::Ones(1, 1));
  CHECK_THROWS_AS(samples.merge(other), std::invalid_argument);
  CHECK(samples.estimate().signal == before.signal);
  CHECK(samples.estimate().noise == before.noise);
  CHECK(samples.count() == 2);
  CHECK_THROWS_AS(SnrStream(1.0), std::invalid_argument);
  CHECK_THROWS_AS(SnrStream(0.0), std::invalid_argument);
  CHECK_THROWS_AS(SnrStream(0.9).estimate(), std::invalid_argument);
  CHECK_THROWS_AS(snr_from_batch_sizes({1, 8}, {1, 8}), std::invalid_argument);
  CHECK_THROWS_AS(snr_from_batch_sizes({1, 0}, {1, 8}), std::invalid_argument);
}

TEST_CASE("the norms of heads are those of their blocks, and their spread is that of the numbers") {
  std::mt19937_64 random(41);
  const Eigen::MatrixXd x = reference::random_matrix(6, 35, random).cast<double>();
  const auto by_cols = head_norms(x, Heads{5, Axis::cols}), by_rows = head_norms(x, Heads{3});
  REQUIRE(by_cols.size() == 5);
  REQUIRE(by_rows.size() == 3);
  // A sum of at most x.size() squares.
  const double rounding =
      static_cast<double>(x.size()) * std::numeric_limits<double>::epsilon() * x.norm();
  for (Index i = 0; i < 5; ++i) near(by_cols(i), x.middleCols(7 * i, 7).norm(), rounding);
  for (Index i = 0; i < 3; ++i) near(by_rows(i), x.middleRows(2 * i, 2).norm(), rounding);
  near(head_norms(1e-200 * x, Heads{1})(0), 1e-200 * x.norm(), 1e-200 * rounding);
  CHECK_THROWS_AS(head_norms(1e308 * x, Heads{1}), std::domain_error);

  Eigen::Vector4d numbers(1, 2, 3, 6);
  const Spread s = spread(numbers);
  CHECK(s.mean == 3.0);
  CHECK(s.variance == 3.5);
  CHECK(s.smallest == 1.0);
  CHECK(s.largest == 6.0);
}

TEST_CASE("measures do not depend on where memory lies") {
  std::mt19937_64 random(43);
  const Eigen::MatrixXd x = reference::random_matrix(19, 35, random).cast<double>();
  const Eigen::MatrixXd y = reference::random_matrix(19, 35, random).cast<double>();
  std::vector<double> first;
  at_many_addresses([&] {
    const Spectrum s = spectrum(x);
    SnrSamples samples;
    samples.add(x);
    samples.add(y);
    SnrStream stream(0.5);
    stream.add(x);
    stream.add(y);
    const auto norms = head_norms(x, Heads{5, Axis::cols});
    const Spread spread_of_norms = spread(norms), spread_of_values = spread(s.values());
    const std::vector<double> now = {s.effective_rank(),        s.stable_rank(),
                                     s.nuclear_rank(),          s.participation_ratio(),
                                     s.effective_rank_error(),  samples.estimate().signal,
                                     samples.estimate().noise,  stream.estimate().signal,
                                     stream.estimate().noise,   spread_of_norms.mean,
                                     spread_of_norms.variance,  spread_of_values.mean,
                                     spread_of_values.variance, norms(4)};
    if (first.empty()) first = now;
    CHECK(now == first);
  });
}
