// SPDX-License-Identifier: Apache-2.0
// No bound, rank or count of survivors that the low-rank method gives is wrong: on small matrices
// with spectra graded over 1 to 16 decades, Hilbert's, one large column and low rank under noise,
// in both orders, from cold, warm and useless starts, against an SVD in long double.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <pion/apply/polar.hpp>
#include <pion/optimizer/presets/low_rank.hpp>
#include <pion/pion.hpp>

#include "support/catch.hpp"
#include "support/known.hpp"
#include "support/reference.hpp"

using namespace pion;
using reference::Real;

namespace {

class Attack {
 public:
  explicit Attack(std::uint64_t seed) : random(seed) {}

  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  }
  Index between(Index low, Index high) {
    return std::uniform_int_distribution<Index>(low, high)(random);
  }

  Eigen::MatrixXd matrix(Index m, Index n) {
    const Index k = std::min(m, n), family = between(0, 6);
    if (family == 0) {
      return Eigen::MatrixXd::NullaryExpr(
          m, n, [](Index i, Index j) { return 1.0 / static_cast<double>(i + j + 1); });
    }
    if (family == 1) {
      Eigen::MatrixXd x = known::gaussian(m, n, random);
      x.col(between(0, n - 1)) *= std::pow(10.0, uniform(0.0, 16.0));
      return x;
    }
    const double decades = uniform(1.0, 16.0);
    Eigen::VectorXd sigma(k);
    for (Index i = 0; i < k; ++i) {
      const double step = static_cast<double>(i) / static_cast<double>(k);
      const double random_step = uniform(0.0, 1.0);
      const double exponent = family <= 3   ? step
                              : family == 4 ? random_step
                              : family == 5 ? (3 * i < k ? 0.0 : 1.0)  // low rank and noise
                                            : std::floor(3.0 * step) / 3.0;
      sigma(i) = std::pow(10.0, -decades * exponent);
    }
    if (family == 3) {  // nothing turned: entries are the values themselves
      Eigen::MatrixXd x = Eigen::MatrixXd::Zero(m, n);
      x.diagonal() = sigma;
      return x;
    }
    std::sort(sigma.data(), sigma.data() + k, std::greater<>());
    return known::Known(m, n, sigma, random).matrix();
  }

  Tolerance tolerance() {
    return {std::pow(10.0, -uniform(1.0, 10.0)), Method::low_rank, 1e-6, random()};
  }

  /// Nothing; what another rank of x left; or columns that depend on each other.
  template <class X, class T>
  void prepare(const X& x, WarmStart<T>& start) {
    start.clear();
    const Index most = std::min(x.rows(), x.cols()), kind = between(0, 2);
    if (kind == 1) {
      X y(x.rows(), x.cols());
      Workspace workspace;
      polar_factor(x, Leading{between(1, most)}, y, workspace, tolerance(), &start);
    } else if (kind == 2) {
      Eigen::Matrix<T, -1, -1> basis =
          known::gaussian(x.innerSize(), between(1, most), random).template cast<T>();
      basis.rightCols(1) = basis.leftCols(1);
      start.remember(engine::View<T>(basis.data(), basis.rows(), basis.cols()));
    }
  }

  std::mt19937_64 random;
};

/// How many of the descending `sigma` exceed `threshold`, if the thresholds of both sides agree.
Index count_above(const reference::Vector& sigma, Real threshold) {
  return (sigma.array() > threshold).count();
}

template <class X>
void attack(Attack& a) {
  using T = typename X::Scalar;
  const X x = a.matrix(a.between(2, 9), a.between(2, 9)).cast<T>();
  const Index m = x.rows(), n = x.cols(), most = std::min(m, n);
  const reference::Svd svd = reference::svd(x.template cast<Real>());
  const reference::Vector sigma = svd.sigma / svd.sigma.norm();
  const auto eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  const double floor = static_cast<double>(std::max(m, n)) * eps * static_cast<double>(sigma(0));
  X y(m, n);
  Workspace workspace;
  WarmStart<T> start;
  const auto distance = [&](const reference::Vector& gains) {
    return static_cast<double>(
        (y.template cast<Real>() - svd.u * gains.asDiagonal() * svd.v.transpose()).norm());
  };
  const auto first = [&](Index k) {
    reference::Vector gains = reference::Vector::Zero(most);
    gains.head(k).setOnes();
    return gains;
  };
  // What is within 1 % of the floor may be counted or not; so may what is a rounding from tau.
  const auto holds = [&](const ApplyInfo& info, double threshold, double fuzzy, Index limit) {
    if (!info.bound) return;
    CHECK(info.rank >= std::min(limit, count_above(sigma, threshold * (1.0 + fuzzy))));
    CHECK(info.rank <= std::min(limit, count_above(sigma, threshold * (1.0 - fuzzy))));
    CHECK(distance(first(info.rank)) <= *info.bound);
  };
  INFO(m << " x " << n << ": " << sigma.transpose());

  a.prepare(x, start);
  const Index k = a.between(1, most);
  holds(polar_factor(x, Leading{k}, y, workspace, a.tolerance(), &start), floor, 0.01, k);

  a.prepare(x, start);
  const double tau = std::pow(10.0, -a.uniform(0.0, 6.0));
  holds(polar_factor(x, AtLeast{tau}, y, workspace, a.tolerance(), &start), std::max(tau, floor),
        tau > floor ? 1e-6 : 0.01, most);

  a.prepare(x, start);
  const Filter f{a.between(0, 2) > 0 ? chains::high_pass(static_cast<int>(a.between(0, 3)))
                                     : repeat({1.875, -1.25, 0.375}, 10)};
  const ApplyInfo info = apply(f, x, y, workspace, a.tolerance(), &start);
  const reference::Vector gains = sigma.unaryExpr([&f](Real s) { return f.chain(s); });
  if (info.bound) CHECK(distance(gains) <= *info.bound);
  if (info.survivors) CHECK(*info.survivors == count_above(gains.cwiseAbs(), survivor_gain));

  // The rule gives no bound; it must be within its tolerance of the directions that it takes.
  Eigen::Matrix<T, -1, -1> z = x;
  start.clear();
  const Tolerance tolerance = a.tolerance();
  optimizer::PolarFactor{AboveNoise{NothingStandsOut::keep_all}, tolerance}.direct<DefaultEngine>(
      engine::View<T>(z.data(), m, n), workspace, start);
  y = z;
  const auto taken = static_cast<Index>(std::lround(z.template cast<double>().squaredNorm()));
  REQUIRE((taken >= 1 && taken <= most));
  const Real next = taken < most ? sigma(taken) : Real(0);
  // An SVD in T turns directions by a few eps m over their gap.
  const double turned = 20.0 * static_cast<double>(most) * eps /
                        static_cast<double>(std::max(sigma(taken - 1) - next, Real(1e-30L)));
  CHECK(distance(first(taken)) <= tolerance.error + turned);
}

}  // namespace

TEMPLATE_TEST_CASE("no certificate is wrong", "", float, double) {
  Attack a(601);
  for (int trial = 0; trial < 400; ++trial) {
    attack<Eigen::Matrix<TestType, -1, -1>>(a);
    attack<Eigen::Matrix<TestType, -1, -1, Eigen::RowMajor>>(a);
  }
}

TEMPLATE_TEST_CASE("a small singular value that was asked for is found, or nothing is certified",
                   "", float, double) {
  using M = Eigen::Matrix<TestType, -1, -1>;
  for (const double small : {1e-3, 2e-4, 1e-5, 3e-6}) {
    M x = M::Zero(3, 3), y(3, 3);
    x.diagonal() << TestType(1), TestType(0.5), static_cast<TestType>(small);
    Workspace workspace;
    const ApplyInfo info =
        polar_factor(x, Leading{3}, y, workspace, Tolerance{1e-3, Method::low_rank});
    CHECK(info.rank == 3);
    CHECK((y - M::Identity(3, 3)).norm() <= info.bound.value_or(1e-6));
  }
}

TEST_CASE("probes of what is tiny tell its size, however often they are sharpened") {
  // sigma_2 is so little above tau that no reading of the probes is enough to give up.
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(3, 7), y(3, 7);
  x.diagonal() << 1.0, 1e-6, 1e-8;
  Workspace workspace;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Tolerance tolerance{1e-3, Method::low_rank, 1e-6, seed};
    CHECK(polar_factor(x, AtLeast{0.985e-6}, y, workspace, tolerance).rank == 2);
  }
}

TEST_CASE("survivors are counted right, or not at all, where small singular values are promoted") {
  const Filter f{repeat({1.875, -1.25, 0.375}, 10)};
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(2, 2), y(2, 2);
  x.diagonal() << 1.0, 3e-9;
  CHECK(std::fabs(f.chain(3e-9)) > survivor_gain);
  Workspace workspace;
  const ApplyInfo info = apply(f, x, y, workspace, Tolerance{1e-3, Method::low_rank});
  CHECK(info.survivors.value_or(2) == 2);
  x.diagonal() << 1.7e308, 1e308;
  CHECK(spectrum(x).survivors({chains::high_pass(2)}) == 2);
}
