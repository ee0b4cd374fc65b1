// SPDX-License-Identifier: Apache-2.0
// The theory that one can call, against what it is about: losses, simulations, random heads.

#include <cmath>
#include <random>

#include <pion/filter/chains.hpp>
#include <pion/theory/attention.hpp>
#include <pion/theory/policy_snr.hpp>
#include <pion/theory/step_size.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using namespace pion::theory;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

MatrixXd gaussian(Index rows, Index cols, std::mt19937_64& random) {
  std::normal_distribution<double> gauss;
  return MatrixXd::NullaryExpr(rows, cols, [&] { return gauss(random); });
}

reference::Svd svd(const MatrixXd& x) { return reference::svd(x.cast<reference::Real>()); }

double spectral_norm(const MatrixXd& x) { return static_cast<double>(svd(x).sigma(0)); }

}  // namespace

TEST_CASE("the largest stable step is tight on the isotropic quadratic, from both sides") {
  std::mt19937_64 random(1);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{6, 9}, {9, 6}, {1, 4}, {5, 5}}) {
    for (const double smoothness : {0.3, 1.0, 40.0}) {
      const MatrixXd w = gaussian(rows, cols, random);
      const MatrixXd g = smoothness * w;
      const auto s = svd(g);
      const VectorXd sigma = s.sigma.cast<double>();
      const auto loss = [&](const MatrixXd& at) { return 0.5 * smoothness * at.squaredNorm(); };
      for (const Chain& f : {chains::muon(), chains::high_pass(1), chains::high_pass(3), Chain{}}) {
        const VectorXd gains = sigma.unaryExpr([&](double x) { return f(x / sigma.norm()); });
        const MatrixXd o = s.u.cast<double>() * gains.asDiagonal() * s.v.cast<double>().transpose();
        if (o.norm() < 1e-6) continue;  // a dead update moves nothing
        const StableStep eta = stable_step(sigma, gains, smoothness);
        CHECK(loss(w - 0.999 * eta.largest * o) < loss(w));
        CHECK(loss(w - 1.001 * eta.largest * o) > loss(w));
        CHECK(std::fabs(loss(w) - loss(w - eta.best * o) - eta.decrease) <= 1e-12 * loss(w));
        // From the matrices, without an SVD.
        CHECK(std::fabs(stable_step(g, o, smoothness).largest - eta.largest) <=
              1e-12 * eta.largest);
      }
      const auto muon = stable_step(sigma, VectorXd::Ones(sigma.size()), smoothness);
      CHECK(std::fabs(muon.largest - 2.0 / smoothness * sigma.mean()) <= 1e-14 * muon.largest);
      CHECK(std::fabs(stable_step(sigma, sigma, smoothness).largest - 2.0 / smoothness) <=
            1e-14 * 2.0 / smoothness);
    }
  }
}

TEST_CASE("below the largest stable step every smooth loss falls") {
  // Anisotropic quadratics, and a loss that is none: sum of log cosh, whose curvature is below 1.
  std::mt19937_64 random(2);
  for (int trial = 0; trial < 20; ++trial) {
    const MatrixXd w = gaussian(4, 6, random), b = gaussian(4, 4, random);
    const MatrixXd curvature = b * b.transpose();
    const double smoothness = spectral_norm(curvature);
    const MatrixXd o = gaussian(4, 6, random);
    const auto quadratic = [&](const MatrixXd& x) {
      return 0.5 * x.cwiseProduct(curvature * x).sum();
    };
    const StableStep eta = stable_step(curvature * w, o, smoothness);
    if (eta.largest > 0.0) CHECK(quadratic(w - 0.999 * eta.largest * o) < quadratic(w));
    const auto soft = [](const MatrixXd& x) { return x.array().cosh().log().sum(); };
    const StableStep other = stable_step(MatrixXd(w.array().tanh()), o, 1.0);
    if (other.largest > 0.0) CHECK(soft(w - 0.999 * other.largest * o) < soft(w));
  }
  CHECK(stable_step(MatrixXd::Ones(2, 2), -MatrixXd::Ones(2, 2), 1.0).largest == 0.0);
  CHECK(stable_step(MatrixXd::Ones(2, 2), MatrixXd::Zero(2, 2), 1.0).largest == 0.0);
  CHECK_THROWS_AS(stable_step(MatrixXd::Ones(2, 2), MatrixXd::Ones(2, 3), 1.0),
                  std::invalid_argument);
  CHECK_THROWS_AS(stable_step(MatrixXd::Ones(2, 2), MatrixXd::Ones(2, 2), 0.0),
                  std::invalid_argument);
}

TEST_CASE("the preconditioned view: P x is the filtered x") {
  std::mt19937_64 random(3);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{5, 8}, {8, 5}, {1, 1}}) {
    const MatrixXd x = 7.0 * gaussian(rows, cols, random);
    for (const Chain& f : {chains::muon(3), chains::high_pass(2), Chain{}}) {
      const MatrixXd p = preconditioner(f, x);
      const auto expected =
          reference::expected<double>(Filter{f}, x.cast<reference::Real>(), Method::gram);
      CHECK(reference::distance(p * x, expected.value) <= 4 * expected.tolerance);
      CHECK((p - p.transpose()).norm() <= 1e-9 * p.norm());
    }
  }
  CHECK_THROWS_AS(preconditioner(Chain{}, MatrixXd::Zero(2, 2)), std::domain_error);
}

TEST_CASE("condition numbers under the Kronecker model are those of the matrices") {
  std::mt19937_64 random(4);
  const auto spd = [&](Index n, double condition) {
    const auto s = svd(gaussian(n, n, random));
    const VectorXd lambda = VectorXd::LinSpaced(n, 1.0, condition);
    return MatrixXd(s.u.cast<double>() * lambda.asDiagonal() * s.u.cast<double>().transpose());
  };
  const auto power = [](const MatrixXd& x, double p) {
    const auto s = svd(x);
    const VectorXd lambda = s.sigma.cast<double>().array().pow(p);
    return MatrixXd(s.u.cast<double>() * lambda.asDiagonal() * s.u.cast<double>().transpose());
  };
  const KroneckerCurvature model{7.0, 30.0};
  const MatrixXd a = spd(3, model.input), b = spd(4, model.output);
  const auto kronecker = [](const MatrixXd& x, const MatrixXd& y) {
    MatrixXd k(x.rows() * y.rows(), x.cols() * y.cols());
    for (Index i = 0; i < x.rows(); ++i) {
      for (Index j = 0; j < x.cols(); ++j) {
        k.block(i * y.rows(), j * y.cols(), y.rows(), y.cols()) = x(i, j) * y;
      }
    }
    return k;
  };
  const auto condition = [&](const MatrixXd& x) {
    const auto sigma = svd(x).sigma;
    return static_cast<double>(sigma(0) / sigma(sigma.size() - 1));
  };
  // E G G^T for G = delta a^T with independent factors of covariances B and A.
  const MatrixXd covariance = a.trace() * b;
  const auto near = [](double x, double y) { CHECK(std::fabs(x - y) <= 1e-10 * y); };
  near(condition(kronecker(a, b)), model.gradient_descent());
  near(condition(kronecker(a, power(covariance, -0.5) * b)), model.whitened());
  near(condition(kronecker(power(a, 0.5), power(b, 0.5))), model.whitened_both());
  // The best step on such a quadratic contracts by the factor.
  const VectorXd lambda = svd(kronecker(a, b)).sigma.cast<double>();
  const double step = 2.0 / (lambda.maxCoeff() + lambda.minCoeff());
  near((1.0 - step * lambda.array()).abs().maxCoeff(),
       convergence_factor(model.gradient_descent()));
}

namespace {

/// Mean and total variance of a random vector, from samples.
struct Moments {
  VectorXd sum;
  double squares = 0.0;
  int count = 0;

  void add(const VectorXd& x) {
    if (count++ == 0) sum = VectorXd::Zero(x.size());
    sum += x;
    squares += x.squaredNorm();
  }
  double snr() const {
    const double mean_square = (sum / count).squaredNorm();
    const double variance = squares / count - mean_square;
    return (mean_square - variance / count) / variance;
  }
};

/// GRPO's gradient (A9): a group of responses, each the mean over its tokens of the token's score,
/// weighted with an importance ratio and dropped where clipped.
VectorXd grpo_gradient(const Grpo& s, const VectorXd& low, const VectorXd& gap,
                       std::mt19937_64& random) {
  std::normal_distribution<double> gauss;
  std::uniform_real_distribution<double> uniform;
  const auto d = static_cast<double>(low.size());
  const double log_variance = std::log1p(s.chi_square);  // of a lognormal ratio with mean 1
  VectorXd rewards(s.group);
  MatrixXd scores = MatrixXd::Zero(low.size(), s.group);
  for (int i = 0; i < s.group; ++i) {
    rewards(i) = uniform(random) < s.success ? 1.0 : 0.0;
    for (int t = 0; t < s.length; ++t) {
      double weight = 1.0;
      if (s.chi_square > 0.0) {
        weight = std::exp(std::sqrt(log_variance) * gauss(random) - 0.5 * log_variance);
      }
      if (s.clipped > 0.0 && uniform(random) < s.clipped) weight = 0.0;
      for (Index k = 0; k < low.size(); ++k) {
        const double score =
            low(k) + rewards(i) * gap(k) + std::sqrt(s.token_variance / d) * gauss(random);
        scores(k, i) += weight * score / s.length;
      }
    }
  }
  const double deviation = std::sqrt((rewards.array() - rewards.mean()).square().mean());
  if (deviation == 0.0) return VectorXd::Zero(low.size());
  return scores * ((rewards.array() - rewards.mean()) / deviation).matrix() / s.group;
}

}  // namespace

TEST_CASE("the SNR of supervised fine-tuning, by simulation") {
  std::mt19937_64 random(5);
  std::normal_distribution<double> gauss;
  constexpr int group = 4, length = 5, samples = 20000;
  const VectorXd mean = VectorXd::LinSpaced(3, -0.1, 0.3);
  constexpr double variance = 2.0;
  Moments moments;
  for (int i = 0; i < samples; ++i) {
    VectorXd g = VectorXd::Zero(3);
    for (int t = 0; t < group * length; ++t) {
      g -= mean + std::sqrt(variance / 3) * VectorXd::NullaryExpr(3, [&] { return gauss(random); });
    }
    moments.add(g / group);
  }
  const double expected = sft_snr({group, length, mean.squaredNorm(), variance});
  // The mean's relative error is 1 / sqrt(samples SNR); five deviations of the square.
  CHECK(std::fabs(moments.snr() / expected - 1.0) < 10.0 / std::sqrt(samples * expected));
}

TEST_CASE("the SNR of GRPO, by simulation: exact on-policy, the limit where the SNR is low") {
  std::mt19937_64 random(6);
  constexpr int samples = 20000;
  const VectorXd low = VectorXd::LinSpaced(2, 0.2, -0.1);
  const VectorXd gap = VectorXd::LinSpaced(2, 0.6, 0.8);  // of length 1
  const auto simulate = [&](const Grpo& s) {
    Moments moments;
    for (int i = 0; i < samples; ++i) moments.add(grpo_gradient(s, low, gap, random));
    return moments.snr();
  };
  const auto close = [](double x, double y) {
    return std::fabs(x / y - 1.0) < 10.0 / std::sqrt(samples * std::min(1.0, y));
  };
  for (const double p : {0.1, 0.5, 0.8}) {
    for (const double variance : {0.5, 20.0}) {
      const Grpo s{5, 4, p, gap.squaredNorm(), variance};
      CHECK(close(simulate(s), grpo_snr(s)));
      CHECK(grpo_snr(s) <= grpo_snr_limit(s));
    }
    const Grpo weak{5, 4, p, gap.squaredNorm(), 1e9};
    CHECK(std::fabs(grpo_snr(weak) / grpo_snr_limit(weak) - 1.0) < 1e-6);
  }
  // Off-policy and clipped, with squared means 1/60 of the variance: (A26) within as much, and the
  // variance of c_K, which the limit leaves out.
  const Grpo off{5, 4, 0.5, gap.squaredNorm(), 60.0, 0.5, 0.3};
  const double left_out = grpo_snr_limit({5, 4, 0.5, 1.0, 60.0}) / grpo_snr({5, 4, 0.5, 1.0, 60.0});
  const double ratio = simulate(off) / grpo_snr_limit(off);
  CHECK(std::fabs(ratio - 1.0) < left_out - 1.0 + 2.0 / 60.0 + 10.0 / std::sqrt(samples * 0.05));
}

TEST_CASE("importance ratios add to the noise of GRPO, and clipping takes of its signal") {
  std::mt19937_64 random(8);
  constexpr int samples = 20000;
  const auto simulate = [&](const Grpo& s, const VectorXd& gap) {
    Moments moments;
    for (int i = 0; i < samples; ++i) {
      moments.add(grpo_gradient(s, VectorXd::Zero(2), gap, random));
    }
    return moments;
  };
  const Grpo on{5, 4, 0.5, 1.0, 1e6}, off{5, 4, 0.5, 1.0, 1e6, 0.5, 0.3};
  // The signal without noise, and the noise without signal, by Monte Carlo: neither drowns.
  const auto signal = [&](Grpo s) {
    s.token_variance = 0.0;
    return (simulate(s, Eigen::Vector2d(0.6, 0.8)).sum / samples).squaredNorm();
  };
  const auto noise = [&](const Grpo& s) {
    return simulate(s, VectorXd::Zero(2)).squares / samples;
  };
  const double loss = signal(off) / signal(on) / (noise(off) / noise(on));
  // Each of the four has a relative deviation of at most 2 / sqrt(samples); four of these.
  CHECK(std::fabs(loss / (grpo_snr_limit(off) / grpo_snr_limit(on)) - 1.0) <
        4.0 * 4.0 / std::sqrt(samples));
}

TEST_CASE("rewards of a group") {
  for (const double p : {1e-9, 0.2, 0.5, 0.9}) {
    for (const int g : {1, 2, 3, 8, 200}) {
      const GroupReward r = group_reward(g, p);
      CHECK(r.variance >= -1e-15);
      CHECK(r.kappa <= p * (1 - p) * (1 - 1.0 / g) + 1e-15);
      const GroupReward mirrored = group_reward(g, 1 - p);
      CHECK(std::fabs(r.signal - mirrored.signal) <= 1e-6 * r.signal);
    }
    CHECK(group_reward(1, p).signal == 0.0);
    // Two responses: c = 1/2 where they differ.
    CHECK(std::fabs(group_reward(2, p).signal - p * (1 - p)) <= 1e-15);
  }
  CHECK(std::fabs(group_reward(5000, 0.3).kappa / 0.21 - 1.0) < 1e-3);  // the large-g limit
  CHECK(group_reward(8, 0.0).kappa == 0.0);
  CHECK(group_reward(8, 1.0).kappa == 0.0);
  CHECK_THROWS_AS(group_reward(0, 0.5), std::invalid_argument);
  CHECK_THROWS_AS(group_reward(2, 1.5), std::invalid_argument);
  CHECK(grpo_snr({8, 3, 0.0, 1.0, 1.0}) == 0.0);
}

namespace {

/// A head's weights, input and dL/dZ, and what comes of them by the chain rule, written out.
struct Head {
  MatrixXd x, wq, wk, wv, wo, g;

  MatrixXd logits() const { return x * wq * (x * wk).transpose() / root(); }
  MatrixXd attention() const {
    const MatrixXd s = logits();
    MatrixXd a = (s.colwise() - s.rowwise().maxCoeff()).array().exp();
    return a.array().colwise() / a.rowwise().sum().array();
  }
  HeadBounds norms() const {
    const MatrixXd a = attention();
    const MatrixXd da = g * (x * wv * wo).transpose();
    const MatrixXd ds = a.array() * (da.colwise() - a.cwiseProduct(da).rowwise().sum()).array();
    return {(a * x * wv * wo).norm(), ((a * x * wv).transpose() * g).norm(),
            (x.transpose() * a.transpose() * g * wo.transpose()).norm(),
            (x.transpose() * ds * x * wk).norm() / root(),
            (x.transpose() * ds.transpose() * x * wq).norm() / root()};
  }
  HeadBounds bounds() const {
    return head_bounds({spectral_norm(wq), spectral_norm(wk), spectral_norm(wv), spectral_norm(wo),
                        spectral_norm(attention()), spectral_norm(x), x.norm(), g.norm(),
                        wq.cols()});
  }

 private:
  double root() const { return std::sqrt(static_cast<double>(wq.cols())); }
};

}  // namespace

TEST_CASE("the per-head bounds hold for random heads") {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> size(-2.0, 1.0);
  for (int trial = 0; trial < 60; ++trial) {
    const Index n = 2 + trial % 6, d = 3 + trial % 5, dk = 1 + trial % 4;
    const auto scaled = [&](Index rows, Index cols) {
      return MatrixXd(std::pow(10.0, size(random)) * gaussian(rows, cols, random));
    };
    const Head head{scaled(n, d),  scaled(d, dk), scaled(d, dk),
                    scaled(d, dk), scaled(dk, d), scaled(n, d)};
    const HeadBounds is = head.norms(), bound = head.bounds();
    constexpr double slack = 1.0 + 1e-12;
    CHECK(is.contribution <= slack * bound.contribution);
    CHECK(is.d_output <= slack * bound.d_output);
    CHECK(is.d_value <= slack * bound.d_value);
    CHECK(is.d_query <= slack * bound.d_query);
    CHECK(is.d_key <= slack * bound.d_key);
    CHECK(spectral_norm(head.attention()) <= slack * std::sqrt(static_cast<double>(n)));
    const MatrixXd shape = head.wq * head.wk.transpose() / (head.wq.norm() * head.wk.norm());
    CHECK(shape.norm() <= slack);
    const MatrixXd s = head.logits();
    const double beta = inverse_temperature(head.wq, head.wk);
    CHECK((s - beta * head.x * shape * head.x.transpose()).norm() <=
          1e-12 * (1.0 + s.norm()) * static_cast<double>(n * d));
  }
}

TEST_CASE("no per-head bound can be lower: each is attained") {
  const auto attained = [](double is, double bound) { CHECK(std::fabs(is / bound - 1.0) < 1e-12); };
  constexpr Index n = 3;
  const MatrixXd identity = MatrixXd::Identity(n, n);
  // Logits of 100 and more, so that rounding makes attention exact: each token looks at itself,
  const Head own{2.0 * identity, 10.0 * identity, 10.0 * identity,
                 3.0 * identity, 5.0 * identity,  7.0 * identity};
  attained(own.norms().contribution, own.bounds().contribution);
  // or all look at the first, where ||A|| = sqrt(n).
  MatrixXd first = MatrixXd::Zero(n, n);
  first(0, 0) = 10.0;
  MatrixXd to_first = MatrixXd::Zero(n, n);
  to_first.col(0).setConstant(10.0);
  const Head all{2.0 * identity, to_first,       first,
                 3.0 * identity, 5.0 * identity, MatrixXd::Constant(n, n, 7.0)};
  attained(all.norms().d_output, all.bounds().d_output);
  attained(all.norms().d_value, all.bounds().d_value);
  // Two tokens that look at each other alike, where the Jacobian of softmax has norm 1/2.
  const Eigen::Vector2d apart(1.0, -1.0), along(3.0, 4.0);
  const MatrixXd two = MatrixXd::Identity(2, 2), none = MatrixXd::Zero(2, 2);
  const MatrixXd sharp = apart * along.transpose(), gradient = apart * apart.transpose();
  const Head query{2.0 * two, none, sharp, 3.0 * two, 5.0 * two, gradient};
  attained(query.norms().d_query, query.bounds().d_query);
  const Head key{2.0 * two, sharp, none, 3.0 * two, 5.0 * two, gradient};
  attained(key.norms().d_key, key.bounds().d_key);
}
