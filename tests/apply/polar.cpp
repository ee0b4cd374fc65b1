// SPDX-License-Identifier: Apache-2.0
// Covers its own header and apply/selection.hpp.
// The polar factor of the leading directions by compression: within the bound that it gives, or by
// an SVD.

#include <cmath>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <pion/apply/polar.hpp>

#include "support/catch.hpp"
#include "support/known.hpp"

using namespace pion;
using Vector = Eigen::VectorXd;
using known::Known;
using known::unit_roundoff;

namespace {

Tolerance within(double tolerance, Method method = Method::low_rank) {
  Tolerance o;
  o.error = tolerance;
  o.method = method;
  return o;
}

struct Case {
  std::string name;
  Vector sigma;
  Index k;        // directions asked for
  bool provable;  // whether there is a gap that compression must prove
};

Vector filled(Index n, Index head, double above, double below) {
  Vector s = Vector::Constant(n, below);
  s.head(head).setConstant(above);
  return s;
}

std::vector<Case> cases(Index n) {
  const Vector i = Vector::LinSpaced(n, 1.0, static_cast<double>(n));
  Vector noise = 0.1 * (1.0 - (i.array() - 1.0) / static_cast<double>(n));
  noise.head(7) = Vector::LinSpaced(7, 1.0, 0.2);
  return {
      {"harmonic", i.cwiseInverse(), 6, true},
      {"plateau", filled(n, 10, 1.0, 0.05), 10, true},
      {"signals over noise", noise, 7, true},
      {"exactly low rank", filled(n, 5, 1.0, 0.0), 5, true},
      {"asked for more than there are", filled(n, 5, 1.0, 0.0), 9, true},
      {"one direction", filled(n, 1, 1.0, 0.0), 1, true},
      {"cut inside a cluster", filled(n, 10, 1.0, 0.05), 6, false},
      {"flat", Vector::Ones(n), 4, false},
      {"two a hair apart", filled(n, 3, 1.0, 1.0 - 1e-14), 3, false},
  };
}

}  // namespace

TEMPLATE_TEST_CASE("a compressed polar factor is within the bound that it gives", "", float,
                   double) {
  using T = TestType;
  constexpr bool is_float = std::is_same_v<T, float>;
  std::mt19937_64 random(401);
  Workspace workspace;
  const auto check = [&](auto layout, const Known& known, const Case& c) {
    using M = decltype(layout);
    const M x = known.matrix().template cast<T>();
    const Index k = std::min<Index>(c.k, (known.sigma.array() > 0.0).count());
    const double tolerance = 1e-3;
    M y(x.rows(), x.cols());
    const ApplyInfo info = polar_factor(x, Leading{c.k}, y, workspace, within(tolerance));
    INFO(c.name << ", " << x.rows() << "x" << x.cols());
    CHECK(info.rank == k);
    CHECK(info.survivors == k);
    CHECK(info.output_norm == std::sqrt(static_cast<double>(k)));
    CHECK(info.bound.has_value() == (info.method == Method::low_rank));
    if (c.provable) REQUIRE(info.method == Method::low_rank);
    if (!c.provable) CHECK(info.method == Method::svd);
    if (!info.bound) return;
    CHECK(*info.bound <= tolerance);
    // Rounding x to T turns the directions by no more than itself over the gap.
    const double gap = known.sigma(k - 1) - (k < known.sigma.size() ? known.sigma(k) : 0.0);
    const double moved = (unit_roundoff<T>() + 1e-14) / gap;
    CHECK((y.template cast<double>() - known.polar(k)).norm() <= *info.bound + moved);
  };
  for (const auto& [rows, cols] : {std::pair<Index, Index>{120, 120}, {90, 160}, {160, 90}}) {
    for (const Case& c : cases(std::min(rows, cols))) {
      const Known known(rows, cols, c.sigma, random);
      check(Eigen::Matrix < T, -1, -1, is_float ? Eigen::RowMajor : Eigen::ColMajor > (), known, c);
    }
  }
}

TEST_CASE("an adaptive polar factor keeps what is above its threshold") {
  std::mt19937_64 random(402);
  Workspace workspace;
  const Known known(110, 130, Vector::LinSpaced(110, 1.0, 110.0).cwiseInverse(), random);
  const Eigen::MatrixXd x = 7.0 * known.matrix();
  for (const double tau : {0.9, 0.5, 0.1, 0.05}) {
    const Index k = (known.sigma.array() >= tau).count();
    Eigen::MatrixXd y(110, 130);
    const ApplyInfo info = polar_factor(x, AtLeast{tau}, y, workspace, within(1e-6));
    INFO(tau);
    CHECK(info.method == (k == 0 ? Method::svd : Method::low_rank));
    CHECK(info.rank == k);
    CHECK((y - known.polar(k)).norm() <= info.bound.value_or(0.0) + 1e-12);
    Eigen::MatrixXd exact(110, 130);
    CHECK(polar_factor(x, AtLeast{tau}, exact, workspace, within(1e-6, Method::svd)).rank == k);
    CHECK((exact - known.polar(k)).norm() <= 1e-11);
  }
}

TEST_CASE("a polar factor warms up, may overwrite its input, and is small where nothing is left") {
  std::mt19937_64 random(403);
  const Known known(150, 150, Vector::LinSpaced(150, 1.0, 150.0).cwiseInverse(), random);
  Workspace workspace;
  WarmStart<double> start;
  Eigen::MatrixXd x = known.matrix(), y(150, 150);
  const ApplyInfo cold = polar_factor(x, Leading{5}, y, workspace, within(1e-6), &start);
  const ApplyInfo warm = polar_factor(x, Leading{5}, y, workspace, within(1e-6), &start);
  REQUIRE(warm.method == Method::low_rank);
  CHECK(start.directions() >= 5);
  CHECK(warm.multiply_adds < cold.multiply_adds);
  polar_factor(x, Leading{5}, y, workspace, within(1e-6));
  polar_factor(x, Leading{5}, x, workspace, within(1e-6));
  CHECK(x == y);

  Eigen::MatrixXd zero = Eigen::MatrixXd::Zero(150, 150);
  const ApplyInfo none = polar_factor(zero, Leading{5}, y, workspace, within(1e-6));
  CHECK(none.rank == 0);
  CHECK(y.isZero(0));
}

TEST_CASE("a polar factor within a tolerance refuses what makes no sense") {
  Workspace workspace;
  const Eigen::MatrixXd x = Eigen::MatrixXd::Ones(70, 80);
  Eigen::MatrixXd y = Eigen::MatrixXd::Constant(70, 80, 3.0);
  const auto refused = [&](Index k, const Tolerance& o) {
    CHECK_THROWS_AS(polar_factor(x, Leading{k}, y, workspace, o), std::invalid_argument);
  };
  refused(0, within(1e-3));
  refused(2, within(0.0));
  refused(2, within(1e-3, Method::dense));
  refused(2, within(1e-3, Method::gram));
  for (const double tau : {0.0, -0.1, 1.1, std::nan("")}) {
    CHECK_THROWS_AS(polar_factor(x, AtLeast{tau}, y, workspace, within(1e-3)),
                    std::invalid_argument);
  }
  WarmStart<double> other;
  const Eigen::MatrixXd smaller = Eigen::MatrixXd::Ones(60, 50);
  Eigen::MatrixXd out(60, 50);
  polar_factor(smaller, Leading{1}, out, workspace, within(1e-3), &other);
  REQUIRE(other.directions() > 0);
  CHECK_THROWS_AS(polar_factor(x, Leading{1}, y, workspace, within(1e-3), &other),
                  std::invalid_argument);
  Eigen::MatrixXd bad = x;
  bad(3, 4) = std::nan("");
  CHECK_THROWS_AS(polar_factor(bad, Leading{2}, y, workspace, within(1e-3)), std::domain_error);
  CHECK((y.array() == 3.0).all());
  Eigen::MatrixXd narrow(70, 79);
  CHECK_THROWS_AS(polar_factor(x, Leading{2}, narrow, workspace, within(1e-3)),
                  std::invalid_argument);
}
